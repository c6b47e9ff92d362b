// burin infer MODEL INPUT... --out DIR: masks, probabilities and overlays of pictures.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>

#include "apps/inference_options.h"
#include "apps/network_output.h"
#include "apps/output.h"
#include "apps/picture_names.h"
#include "apps/progress.h"
#include "apps/run_record.h"
#include "engine/error.h"
#include "io/atomic_file.h"
#include "train/cases.h"
#include "train/class_colours.h"
#include "train/model_file.h"
#include "train/predict.h"
#include "train/report.h"

namespace burin::apps {
namespace {

namespace fs = std::filesystem;

struct Options {
  GlobalOptions global;
  InferenceOptions inference;
  std::string model, out;
  std::vector<std::string> inputs;
};

// Files as they are, folders by the pictures directly in them, sorted. Two of one name would
// overwrite each other.
std::vector<fs::path> pictures_of(const std::vector<std::string>& inputs) {
  std::vector<fs::path> out;
  for (const auto& input : inputs) {
    std::error_code failure;
    if (!fs::is_directory(input, failure)) {
      out.emplace_back(input);
      continue;
    }
    std::vector<fs::path> inside;
    for (const auto& entry : fs::directory_iterator(input, failure))
      if (entry.is_regular_file(failure) && is_picture_name(entry.path()))
        inside.push_back(entry.path());
    if (inside.empty()) throw Error("read " + input, "a folder with pictures", "none in it");
    std::sort(inside.begin(), inside.end());
    out.insert(out.end(), inside.begin(), inside.end());
  }
  std::map<std::string, fs::path> names;
  for (const auto& file : out)
    if (const auto [found, fresh] = names.emplace(file.stem().string(), file); !fresh)
      throw Error("infer", "pictures of different names",
                  found->second.string() + " and " + file.string());
  return out;
}

// 0..1 as 16-bit grey.
Image picture_of_probability(const train::Prediction& p, std::int64_t channel) {
  Image out = make_image(p.width, p.height, 1, 16);
  const auto words = out.words();
  for (std::size_t i = 0; i < words.size(); ++i) {
    const float v =
        p.probability[i * static_cast<std::size_t>(p.classes) + static_cast<std::size_t>(channel)];
    words[i] = static_cast<std::uint16_t>(std::lround(std::clamp(v, 0.0f, 1.0f) * 65535.0f));
  }
  return out;
}

// Nothing is found outside of the field of view.
void keep_inside(train::Prediction& p, const std::vector<std::uint8_t>& field) {
  if (p.classes != 1 || field.empty()) return;
  for (std::size_t i = 0; i < field.size(); ++i)
    if (!field[i]) p.probability[i] = 0.0f;
}

class Inference {
 public:
  Inference(train::Model& model, const Options& options)
      : model_(model),
        out_(options.out),
        infer_(
            inference_of(model.recipe.infer, options.inference, output_channels(*model.network))),
        predict_(*model.network, infer_) {
    for (const char* folder : {"masks", "probabilities", "overlays"}) {
      make_folder(out_ / folder);
      remove_stale_temporaries(out_ / folder);
    }
  }

  nlohmann::json run(const fs::path& file) {
    const auto begin = std::chrono::steady_clock::now();
    const Image picture = read_image(file);
    const train::Case c = train::case_of_picture(picture, {}, model_.recipe.data, file);
    train::Prediction p = about(file, [&] { return predict_(c); });
    keep_inside(p, c.field);
    const train::Extent from{p.height, p.width}, to{picture.height, picture.width};
    p.probability = train::resample(p.probability, from, to, p.classes);
    p.height = to.height, p.width = to.width;
    const auto found = p.labels(infer_.threshold);
    const std::string name = file.stem().string() + ".png";
    write_mask(out_ / "masks" / name, found, p);
    for (std::int64_t k = 0; k < p.classes; ++k)
      write_png(
          out_ / "probabilities" /
              (p.classes == 1 ? name : file.stem().string() + "_" + std::to_string(k) + ".png"),
          picture_of_probability(p, k));
    write_png(out_ / "overlays" / name, overlay_of(picture, found, p.classes));
    const auto positive = std::count_if(found.begin(), found.end(), [](auto v) { return v != 0; });
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    return {{"input", file.string()},
            {"mask", (out_ / "masks" / name).string()},
            {"width", p.width},
            {"height", p.height},
            {"found_share", static_cast<double>(positive) / static_cast<double>(found.size())},
            {"seconds", seconds.count()}};
  }

 private:
  // 0 and 255 for one class; for more, class numbers with a colour each.
  static void write_mask(const fs::path& file, const std::vector<std::uint8_t>& found,
                         const train::Prediction& p) {
    Image out = make_image(p.width, p.height, 1);
    for (std::size_t i = 0; i < found.size(); ++i)
      out.data[i] = p.classes == 1 ? static_cast<std::uint8_t>(found[i] * 255) : found[i];
    if (p.classes == 1)
      write_png(file, out);
    else
      write_png(file, out, {.palette = train::class_colours(static_cast<int>(p.classes))});
  }
  static Image overlay_of(const Image& picture, const std::vector<std::uint8_t>& found,
                          std::int64_t classes) {
    const train::Case plain =
        train::case_of_picture(picture, {}, {.width = 0, .preprocess = "unit"}, {});
    return classes == 1 ? train::overlay(plain, found)
                        : train::class_overlay(train::picture_of(plain), found);
  }

  train::Model& model_;
  fs::path out_;
  train::InferRecipe infer_;
  train::Predictor predict_;
};

int run(const Options& options, const CommandLine& command) {
  apply(options.global);
  const auto pictures = pictures_of(options.inputs);
  train::Model model = train::load_model(options.model);
  Inference inference(model, options);
  const nlohmann::json facts = {{"model", model.file.string()}};
  write_run_record(options.out, command, options.global, facts);
  ProgressBar bar;
  double done = 0;
  for (const auto& file : pictures) {
    const nlohmann::json result = inference.run(file);
    if (options.global.json)
      print_json(result);
    else
      print_line(result["mask"].get<std::string>());
    bar.show(++done / static_cast<double>(pictures.size()), file.filename().string());
  }
  write_run_record(options.out, command, options.global, facts);
  return 0;
}

}  // namespace

Verb add_infer(CLI::App& app, const CommandLine& command) {
  auto options = std::make_shared<Options>();
  CLI::App* verb =
      app.add_subcommand("infer", "pictures in; masks, probabilities and overlays out");
  verb->add_option("model", options->model, "model file or run folder")->required();
  verb->add_option("input", options->inputs, "pictures, or folders of pictures")->required();
  verb->add_option("--out", options->out, "folder for the results")->required();
  add_inference_options(*verb, options->inference);
  add_global_options(*verb, options->global);
  return {verb, "burin infer runs/fundus data/fundus/test/images --out out",
          [options, &command] { return run(*options, command); }};
}

}  // namespace burin::apps
