// burin run MODEL --input a.npy --output b.npy: raw tensors through a compiled model.
#include <algorithm>
#include <limits>
#include <memory>

#include "apps/compile.h"
#include "apps/load_graph.h"
#include "apps/options.h"
#include "apps/output.h"
#include "apps/tuned_file.h"
#include "engine/graph/check.h"
#include "io/npy.h"

namespace burin::apps {
namespace {

using TensorsByName = std::map<std::string, Tensor, std::less<>>;

struct Options {
  GlobalOptions global;
  std::string model;
  std::vector<std::string> inputs, outputs, shapes;
  std::string bands = "auto";
  std::int64_t batch = 0;
  bool check = false, tune = false;
};

bool is_integer(DType type) { return type == DType::i32 || type == DType::i64; }

// Lists of integers state sizes and axes: a graph for them is made once they are known.
bool states_sizes(const Tensor& tensor) {
  return is_integer(tensor.dtype()) && tensor.shape().rank() <= 1;
}

Graph graph_for(const LoadedModel& model, const Options& options, const TensorsByName& given) {
  GraphRequest request{.shapes = shapes_by_name(options.shapes, model.input_names()),
                       .batch = options.batch};
  for (const auto& [name, tensor] : given) {
    if (states_sizes(tensor))
      request.values[name] = tensor;
    else
      request.shapes[name] = tensor.shape();
  }
  return model.graph(request);
}

void print_result(const std::string& name, const Tensor& tensor, bool json) {
  double sum = 0, low = std::numeric_limits<double>::infinity(), high = -low;
  for (const float value : tensor.to_vector()) {
    sum += static_cast<double>(value);
    low = std::min(low, static_cast<double>(value));
    high = std::max(high, static_cast<double>(value));
  }
  const double mean = sum / static_cast<double>(std::max<std::int64_t>(1, tensor.elements()));
  const std::string type(dtype_name(tensor.dtype())), shape = tensor.shape().text();
  if (json)
    return print_json({{"output", name},
                       {"type", type},
                       {"shape", shape},
                       {"min", number(low)},
                       {"max", number(high)},
                       {"mean", number(mean)}});
  char text[96];
  std::snprintf(text, sizeof text, "  min %.6g  max %.6g  mean %.6g", low, high, mean);
  print_line(name + "  " + type + " " + shape + text);
}

// One line, or object, for each node; returns whether all are within what the precision allows.
class CheckReport {
 public:
  CheckReport(bool json, double tolerance) : json_(json), tolerance_(tolerance) {}

  void add(const Graph& graph, const NodeCheck& check) {
    const Node& node = graph.at(check.node);
    const bool held = check.error <= tolerance_;  // NaN is not
    failed_ += held ? 0 : 1;
    ++nodes_;
    if (json_)
      return print_json({{"node", check.node},
                         {"op", node.op->name},
                         {"layer", node.name},
                         {"kernel", check.kernel},
                         {"error", number(check.error)}});
    char text[200];
    std::snprintf(text, sizeof text, "%%%-5d %-20s %-28s %-32s %.2e%s", check.node,
                  std::string(node.op->name).c_str(), node.name.c_str(), check.kernel.c_str(),
                  check.error, held ? "" : "  TOO LARGE");
    print_line(text);
  }

  // Throws Error where a node failed.
  void finish() const {
    char text[120];
    std::snprintf(text, sizeof text, "largest relative error of each node at most %.0e",
                  tolerance_);
    if (failed_ > 0) throw Error("--check", text, std::to_string(failed_) + " nodes above it");
    if (!json_) print_line("check: " + std::to_string(nodes_) + " nodes, " + text);
  }

 private:
  bool json_;
  double tolerance_;
  int nodes_ = 0, failed_ = 0;
};

void print_results(const Graph& graph, std::span<const Tensor> outputs, const WordsByName& targets,
                   bool json) {
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const std::string& name = graph.outputs[i].name;
    if (const auto target = targets.find(name); target != targets.end())
      write_npy(target->second, outputs[i]);
    print_result(name, outputs[i], json);
  }
}

int run(const Options& options) {
  apply(options.global);
  const std::int64_t band_rows = band_rows_from(options.bands, options.tune);
  if (options.check && (options.tune || band_rows > 0))
    throw UsageError("--check", "no --tune and no number of --bands", "one of them");
  std::optional<LoadedModel> model(std::in_place, options.model,
                                   models::ModelOptions{.seed = options.global.seed.value_or(1)});
  const WordsByName files = words_by_name("--input", options.inputs, model->input_names());
  const WordsByName targets = words_by_name("--output", options.outputs, model->output_names());
  TensorsByName given;
  for (const auto& [name, file] : files) given[name] = read_npy(file);
  Graph graph = graph_for(*model, options, given);
  model.reset();  // the graph alone holds the weights now
  std::vector<Tensor> inputs = random_inputs(graph, options.global.seed.value_or(1));
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (const auto found = given.find(graph.at(graph.inputs[i]).name); found != given.end())
      inputs[i] = found->second;
  const bool json = options.global.json;
  if (!options.check) {
    Program program = compile(std::move(graph), options.global, band_rows, options.tune);
    print_results(program.graph(), program.run(inputs), targets, json);
    return 0;
  }
  const Precision precision = precision_from(options.global.precision);
  CheckReport report(json, tolerated(precision));
  const std::vector<Tensor> outputs =
      check_program(graph, inputs, precision,
                    [&](const Graph& g, const NodeCheck& check) { report.add(g, check); });
  print_results(graph, outputs, targets, json);
  report.finish();
  return 0;
}

}  // namespace

Verb add_run(CLI::App& app, const CommandLine&) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = app.add_subcommand("run", "raw tensors through a compiled model");
  verb->add_option("model", options->model, model_help)->required();
  verb->add_option("--input", options->inputs,
                   ".npy files, in the model's order or as NAME=FILE (default: random numbers)");
  verb->add_option("--output", options->outputs, ".npy files to write, named in the same way");
  add_shape_options(*verb, options->shapes, options->batch);
  add_bands_option(*verb, options->bands);
  verb->add_flag(
      "--check", options->check,
      "compares each node with the reference kernels, which are slow; 1 where one is off");
  add_tune_option(*verb, options->tune);
  add_global_options(*verb, options->global, any_precision());
  return {verb, "burin run fundus-unet --shape 1x3x48x48 --output y.npy --check",
          [options] { return run(*options); }};
}

}  // namespace burin::apps
