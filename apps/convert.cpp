// burin convert IN OUT: between safetensors, run folders, networks of models/ and ONNX files.
#include <filesystem>

#include "apps/load_graph.h"
#include "apps/options.h"
#include "apps/output.h"
#include "io/onnx/export.h"
#include "io/safetensors.h"

namespace burin::apps {
namespace {

namespace fs = std::filesystem;

struct Options {
  GlobalOptions global;
  std::vector<std::string> files;  // in and out, or out alone
  std::string model;
  std::vector<std::string> shapes;
  int opset = OnnxExportOptions{}.opset;
  bool open_sizes = false;
};

bool ends_in(const fs::path& path, const char* ending) { return path.extension() == ending; }

Graph graph_from(const Options& options) {
  const bool named = !options.model.empty();
  if (named) static_cast<void>(models::entry_of(options.model));  // no file
  // A folder may have the name of a network.
  const std::string word = named ? options.model : (fs::path(".") / options.files[0]).string();
  const LoadedModel model(word, {.seed = options.global.seed.value_or(1)});
  return model.graph({.shapes = shapes_by_name(options.shapes, model.input_names())});
}

std::vector<NamedTensor> weights_of(const Graph& graph) {
  std::vector<NamedTensor> weights;
  for (int id = 0; id < static_cast<int>(graph.nodes.size()); ++id)
    if (graph.is_constant(id)) weights.push_back({graph.at(id).name, graph.at(id).value});
  return weights;
}

void write(const fs::path& to, const Graph& graph, const Options& options) {
  if (ends_in(to, ".safetensors")) return write_safetensors(to, weights_of(graph), graph.metadata);
  OnnxExportOptions out{.opset = options.opset};
  if (options.open_sizes) out.spatial = {"height", "width"};
  int rank = 0;
  for (const int id : graph.inputs) rank = std::max(rank, graph.at(id).shape.rank());
  if (options.open_sizes && rank == 5) out.spatial = {"depth", "height", "width"};
  write_onnx(to, graph, out);
}

int run(const Options& options) {
  const bool named = !options.model.empty();
  if (options.files.size() != (named ? 1u : 2u))
    throw UsageError("convert", named ? "OUT beside --model" : "IN and OUT",
                     std::to_string(options.files.size()) + " files");
  const fs::path to = options.files.back();
  if (!ends_in(to, ".onnx") && !ends_in(to, ".safetensors"))
    throw UsageError("convert " + to.string(), "a name that ends in .onnx or .safetensors",
                     "'" + to.extension().string() + "'");
  apply(options.global);
  const Graph graph = graph_from(options);
  write(to, graph, options);
  std::int64_t numbers = 0;
  const std::vector<NamedTensor> weights = weights_of(graph);
  for (const NamedTensor& weight : weights) numbers += weight.tensor.elements();
  if (!options.global.json) {
    print_line("wrote " + to.string() + ": " + std::to_string(weights.size()) + " tensors, " +
               std::to_string(numbers) + " numbers");
    return 0;
  }
  nlohmann::json object{{"file", to.string()}, {"tensors", weights.size()}, {"numbers", numbers}};
  add_settings(object, options.global);
  print_json(object);
  return 0;
}

}  // namespace

Verb add_convert(CLI::App& app, const CommandLine&) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = app.add_subcommand("convert", "between safetensors and ONNX files");
  verb->add_option("files", options->files,
                   "IN and OUT: an ONNX file, a safetensors model or a run folder, and the file to "
                   "write, .onnx or .safetensors")
      ->required()
      ->expected(1, 2);
  verb->add_option("--model", options->model,
                   "a network by its name instead of IN, its weights drawn by --seed");
  verb->add_option("--shape", options->shapes,
                   "sizes of the inputs, as 1x3x512x512 or NAME=1x3x512x512");
  verb->add_option("--opset", options->opset, "of the ONNX file")
      ->check(CLI::Range(oldest_export_opset, newest_export_opset));
  verb->add_flag("--open-sizes", options->open_sizes,
                 "heights, widths and depths stay open, as the batch always does");
  add_global_options(*verb, options->global);
  return {verb, "burin convert --model fundus-unet --seed 1 fundus.onnx",
          [options] { return run(*options); }};
}

}  // namespace burin::apps
