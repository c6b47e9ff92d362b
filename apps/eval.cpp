// burin eval MODEL --data DIR [--split test]: the task's metrics, per case and pooled, inside the
// field of view.
#include <chrono>

#include "apps/inference_options.h"
#include "apps/network_output.h"
#include "apps/output.h"
#include "apps/progress.h"
#include "apps/score_table.h"
#include "engine/error.h"
#include "io/dataset.h"
#include "io/image.h"
#include "train/cases.h"
#include "train/evaluate.h"
#include "train/model_file.h"

namespace burin::apps {
namespace {

namespace fs = std::filesystem;

struct Options {
  GlobalOptions global;
  InferenceOptions inference;
  std::string model, data, split = "test";
  bool baseline = false;
};

// The best threshold of the green channel over all cases together: what no network is needed for.
class Baseline {
 public:
  void add(const Sample& sample, const train::DataRecipe& recipe, const train::Case& c) {
    train::DataRecipe plain = recipe;
    plain.preprocess = "unit";
    const fs::path& file = sample.file("images");
    const train::Case raw =
        train::case_of_picture(decode_image(sample.read("images"), file.string()), {}, plain, file);
    for (std::size_t i = 0; i < c.label.size(); ++i)
      green_.push_back(static_cast<std::uint8_t>(raw.image[i * 3 + 1] * 255.0f + 0.5f));
    truth_.insert(truth_.end(), c.label.begin(), c.label.end());
    if (c.field.empty())
      field_.insert(field_.end(), c.label.size(), 1);
    else
      field_.insert(field_.end(), c.field.begin(), c.field.end());
  }
  [[nodiscard]] train::ThresholdBaseline best() const {
    return train::best_dark_threshold(green_, truth_, field_);
  }

 private:
  std::vector<std::uint8_t> green_, truth_, field_;
};

// One case at working size and, with the probabilities resized, at the size of the file.
class Evaluation {
 public:
  Evaluation(train::Model& model, const Dataset& dataset, const Options& options)
      : model_(model),
        options_(options),
        names_(dataset.classes),
        channels_(output_channels(*model.network)),
        infer_(inference_of(model.recipe.infer, options.inference, channels_)),
        predict_(*model.network, infer_),
        working_(channels_, infer_.threshold, model.recipe.loss.ignore_index),
        native_(channels_, infer_.threshold, model.recipe.loss.ignore_index) {
    check_classes(dataset, train::truth_classes(channels_), *model_.network);
    if (options.baseline && channels_ > 1)
      throw UsageError("--baseline", "a network of one class", std::to_string(channels_));
  }

  nlohmann::json add(const Sample& sample) {
    const fs::path& file = sample.file("images");
    const train::TruthLabels labels{train::truth_classes(channels_),
                                    model_.recipe.loss.ignore_index};
    train::NativeTruth truth;
    const train::Case c = train::load_case(sample, model_.recipe.data, labels, &truth);
    const auto begin = std::chrono::steady_clock::now();
    train::Prediction p = about(file, [&] { return predict_(c); });
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    const train::Scores scores = about(file, [&] { return working_.add(p, c.label, c.field); });
    if (options_.baseline) baseline_.add(sample, model_.recipe.data, c);
    const train::Extent from{p.height, p.width};
    p.probability = train::resample(p.probability, from, truth.size, p.classes);
    p.height = truth.size.height, p.width = truth.size.width;
    // Without a mask in the data set the field was found at working size; it grows with the
    // picture.
    if (truth.field.empty() && !c.field.empty())
      truth.field = train::resample_mask(c.field, from, truth.size);
    const train::Scores at_native =
        about(file, [&] { return native_.add(p, truth.label, truth.field); });
    nlohmann::json json = json_of(scores, names_);
    json["id"] = sample.id;
    json["width"] = c.width;
    json["height"] = c.height;
    json["seconds"] = seconds.count();
    json["native"] = json_of(at_native, names_);
    if (!options_.global.json) print_line(score_lines(sample.id, scores, names_));
    return json;
  }

  nlohmann::json pooled() {
    const train::Scores scores = working_.pooled(), at_native = native_.pooled();
    nlohmann::json json = json_of(scores, names_);
    json["native"] = json_of(at_native, names_);
    if (!options_.global.json) {
      print_line(score_lines("pooled", scores, names_));
      print_line(score_lines("pooled, native size", at_native, names_));
      if (at_native.confusion) print_line(confusion_lines(*at_native.confusion, names_));
    }
    if (options_.baseline) {
      const auto best = baseline_.best();
      json["baseline"] = {{"green_below", best.threshold}, {"dice", number(best.counts.dice())}};
      if (!options_.global.json)
        print_line("best threshold of the green channel: below " + std::to_string(best.threshold) +
                   ", dice " + score(best.counts.dice()));
    }
    return json;
  }

 private:
  train::Model& model_;
  const Options& options_;
  const std::vector<std::string>& names_;  // of the classes
  std::int64_t channels_;
  train::InferRecipe infer_;
  train::Predictor predict_;
  train::Scorer working_, native_;
  Baseline baseline_;
};

int run(const Options& options) {
  apply(options.global);
  train::Model model = train::load_model(options.model);
  const Dataset dataset = read_dataset(options.data);
  const auto& samples = dataset.split(options.split);
  if (samples.empty()) throw Error("eval " + options.data, "cases in " + options.split, "none");
  Evaluation evaluation(model, dataset, options);
  if (!options.global.json) print_line(score_heading());
  nlohmann::json cases = nlohmann::json::array();
  ProgressBar bar;
  for (const Sample& sample : samples) {
    cases.push_back(evaluation.add(sample));
    if (options.global.json)
      bar.show(
          static_cast<double>(cases.size()) / static_cast<double>(samples.size()),
          sample.id + ": dice " +
              score(cases.back()["dice"].is_null() ? 0.0 : cases.back()["dice"].get<double>()));
  }
  nlohmann::json all = evaluation.pooled();
  all["model"] = model.file.string();
  all["data"] = options.data;
  all["split"] = options.split;
  add_settings(all, options.global);
  all["cases"] = std::move(cases);
  if (options.global.json) print_json(all);
  return 0;
}

}  // namespace

Verb add_eval(CLI::App& app, const CommandLine&) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = app.add_subcommand("eval", "scores a model on labelled pictures");
  verb->add_option("model", options->model, "model file or run folder")->required();
  verb->add_option("--data", options->data, "data folder")->required();
  verb->add_option("--split", options->split,
                   "part of the data: test, val or train (default: test)");
  verb->add_flag("--baseline", options->baseline,
                 "also the best global threshold of the green channel");
  add_inference_options(*verb, options->inference);
  add_global_options(*verb, options->global);
  return {verb, "burin eval runs/fundus --data data/fundus --split test --json",
          [options] { return run(*options); }};
}

}  // namespace burin::apps
