// burin run MODEL --input a.npy --output b.npy: raw tensors through a model.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>

#include "apps/options.h"
#include "apps/output.h"
#include "apps/shapes.h"
#include "engine/runtime/random.h"
#include "io/npy.h"
#include "io/onnx/import.h"

namespace burin::apps {
namespace {

using WordsByName = std::map<std::string, std::string, std::less<>>;
using TensorsByName = std::map<std::string, Tensor, std::less<>>;

struct Options {
  GlobalOptions global;
  std::string model;
  std::vector<std::string> inputs, outputs, shapes;
  bool check = false;
};

template <class Values>
std::vector<std::string> names_of(const Values& values) {
  std::vector<std::string> names;
  for (const auto& value : values) names.push_back(value.name);
  return names;
}

bool is_integer(DType type) { return type == DType::i32 || type == DType::i64; }

// Lists of integers state sizes and axes: a graph for them is made once they are known.
bool states_sizes(const Tensor& tensor) {
  return is_integer(tensor.dtype()) && tensor.shape().rank() <= 1;
}

Graph graph_for(const OnnxModel& model, const WordsByName& shapes, const TensorsByName& given) {
  ImportOptions options;
  for (const auto& [name, word] : shapes) options.shapes[name] = shape_from(word);
  for (const auto& [name, tensor] : given) {
    if (states_sizes(tensor))
      options.values[name] = tensor;
    else
      options.shapes[name] = tensor.shape();
  }
  return import_onnx(model, options);
}

// Floats of mean 0 and variance 1; integers and booleans 0 and 1.
Tensor random_tensor(const Node& input, std::uint64_t seed, std::size_t index) {
  const runtime::RandomStream stream(
      {.seed = seed, .op = 0x45000000u + static_cast<std::uint32_t>(index)});
  const Tensor tensor = Tensor::empty(input.shape, DType::f32, Order::row_major);
  stream.fill_normal({tensor.data(), static_cast<std::size_t>(tensor.elements())}, 0.0f, 1.0f);
  if (input.type == DType::f32) return tensor;
  const Tensor other = Tensor::zeros(input.shape, input.type, Order::row_major);
  if (input.type != DType::i64) return other;
  for (std::int64_t i = 0; i < tensor.elements(); ++i)
    other.data<std::int64_t>()[i] = tensor.data()[i] > 0 ? 1 : 0;
  return other;
}

// The model's program for these inputs.
std::vector<Tensor> run_graph(const Graph& graph, std::span<const Tensor> inputs) {
  return interpret(graph, inputs);
}

// Largest difference over the largest number of the reference.
double largest_error(const Tensor& result, const Tensor& reference) {
  const std::vector<float> a = result.to_vector(), b = reference.to_vector();
  double difference = 0, size = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference =
        std::max(difference, std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i])));
    size = std::max(size, std::abs(static_cast<double>(b[i])));
  }
  return difference == 0 ? 0 : difference / size;
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

void print_check(const std::string& name, double error, bool json) {
  if (json) return print_json({{"check", name}, {"error", number(error)}});
  char text[64];
  std::snprintf(text, sizeof text, "  largest relative error %.3g", error);
  print_line("check " + name + text);
}

int run(const Options& options) {
  apply(options.global);
  const OnnxModel model = read_onnx(options.model);
  const WordsByName files = words_by_name("--input", options.inputs, names_of(model.inputs));
  const WordsByName shapes = words_by_name("--shape", options.shapes, names_of(model.inputs));
  const WordsByName targets = words_by_name("--output", options.outputs, names_of(model.outputs));
  TensorsByName given;
  for (const auto& [name, file] : files) given[name] = read_npy(file);
  const Graph graph = graph_for(model, shapes, given);
  std::vector<Tensor> inputs;
  for (const int id : graph.inputs) {
    const auto found = given.find(graph.at(id).name);
    inputs.push_back(
        found != given.end()
            ? found->second
            : random_tensor(graph.at(id), options.global.seed.value_or(1), inputs.size()));
  }
  const std::vector<Tensor> outputs = run_graph(graph, inputs);
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const std::string& name = graph.outputs[i].name;
    if (const auto target = targets.find(name); target != targets.end())
      write_npy(target->second, outputs[i]);
    print_result(name, outputs[i], options.global.json);
  }
  if (!options.check) return 0;
  const std::vector<Tensor> reference = interpret(graph, inputs);
  for (std::size_t i = 0; i < outputs.size(); ++i)
    print_check(graph.outputs[i].name, largest_error(outputs[i], reference[i]),
                options.global.json);
  return 0;
}

}  // namespace

Verb add_run(CLI::App& app, const CommandLine&) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = app.add_subcommand("run", "raw tensors through an ONNX model");
  verb->add_option("model", options->model, "an ONNX file")->required();
  verb->add_option("--input", options->inputs,
                   ".npy files, in the model's order or as NAME=FILE (default: random numbers)");
  verb->add_option("--output", options->outputs, ".npy files to write, named in the same way");
  verb->add_option(
      "--shape", options->shapes,
      "sizes of inputs that the model leaves open, as 1x3x512x512 or NAME=1x3x512x512");
  verb->add_flag("--check", options->check, "compares with the reference");
  add_global_options(*verb, options->global);
  return {verb, "burin run model.onnx --shape 1x3x96x96 --output y.npy",
          [options] { return run(*options); }};
}

}  // namespace burin::apps
