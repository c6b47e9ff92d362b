#include "apps/load_graph.h"

#include <filesystem>

#include "apps/options.h"
#include "engine/error.h"
#include "engine/graph/trace_network.h"
#include "engine/runtime/random.h"
#include "train/model_file.h"

namespace burin::apps {
namespace {

namespace fs = std::filesystem;

std::string known_names() {
  std::string names;
  for (const auto& entry : models::models())
    names += (names.empty() ? "" : ", ") + std::string(entry.name);
  return names;
}

bool is_known(std::string_view word) {
  for (const auto& entry : models::models())
    if (entry.name == word) return true;
  return false;
}

bool sets_numbers(const models::ModelOptions& options) {
  return options.classes != 0 || options.in_channels != 0 || options.width != 0 || options.merged;
}

std::unique_ptr<Network> make_named(std::string_view name,
                                    const models::ModelOptions& options) try {
  return models::make_network(name, options);
} catch (const Error& error) {  // a number that this network does not have
  if (!sets_numbers(options)) throw;
  throw UsageError(error);
}

// What the file leaves open: the batch only, where the other sizes are known.
std::optional<Shape> shape_with_batch(const OnnxValue& input, std::int64_t batch) {
  if (!input.dimensions || input.dimensions->empty()) return {};
  std::vector<std::int64_t> sizes{batch};
  for (std::size_t i = 1; i < input.dimensions->size(); ++i)
    sizes.push_back((*input.dimensions)[i].size);
  for (const std::int64_t size : sizes)
    if (size < 1) return {};
  return Shape(std::span<const std::int64_t>(sizes));
}

}  // namespace

LoadedModel::LoadedModel(const std::string& word, const models::ModelOptions& options) {
  if (is_known(word)) {
    network_ = make_named(word, options);
    name_ = word;
    metadata_ = {{"network", word}, {"seed", std::to_string(options.seed)}};
    return;
  }
  if (sets_numbers(options))
    throw UsageError(word,
                     "one of " + known_names() + " with --classes, --channels, --width or --merged",
                     "another word");
  std::error_code ignored;
  if (const fs::path file = word; file.extension() == ".onnx") {
    onnx_ = read_onnx(file);
    name_ = file.stem().string();
  } else if (fs::exists(word, ignored)) {
    train::Model model = train::load_model(word);
    network_ = std::move(model.network);
    metadata_ = std::move(model.metadata);
    name_ = std::string(network_->name());
  } else {
    throw Error(word, "an ONNX file, a model file, a run folder or one of " + known_names(),
                "neither");
  }
}

std::vector<std::string> LoadedModel::input_names() const {
  std::vector<std::string> names;
  if (onnx_)
    for (const OnnxValue& input : onnx_->inputs) names.push_back(input.name);
  else
    for (const NetworkInput& input : network_->inputs()) names.push_back(input.name);
  return names;
}

std::vector<std::string> LoadedModel::output_names() const {
  if (!onnx_) return {"output"};
  std::vector<std::string> names;
  for (const OnnxValue& output : onnx_->outputs) names.push_back(output.name);
  return names;
}

Graph LoadedModel::graph(const GraphRequest& request) const {
  return onnx_ ? imported(request) : traced(request);
}

Graph LoadedModel::traced(const GraphRequest& request) const {
  const std::vector<std::string> names = input_names();
  std::vector<Shape> shapes;
  for (const std::string& name : names)
    if (const auto given = request.shapes.find(name); given != request.shapes.end())
      shapes.push_back(given->second);
  if (shapes.empty()) shapes = default_shapes(*network_);
  if (request.batch > 0)
    for (Shape& shape : shapes) shape = shape.with(0, request.batch);
  Graph graph = trace_network(*network_, shapes);
  graph.metadata = metadata_;
  return graph;
}

Graph LoadedModel::imported(const GraphRequest& request) const {
  ImportOptions options{.shapes = request.shapes, .values = request.values};
  if (request.batch > 0)
    for (const OnnxValue& input : onnx_->inputs) {
      if (const auto given = options.shapes.find(input.name); given != options.shapes.end())
        given->second = given->second.with(0, request.batch);
      else if (const auto shape = shape_with_batch(input, request.batch))
        options.shapes[input.name] = *shape;
    }
  return import_onnx(*onnx_, options);
}

Tensor random_input(const Node& input, std::uint64_t seed, std::size_t index) {
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

std::vector<Tensor> random_inputs(const Graph& graph, std::uint64_t seed) {
  std::vector<Tensor> inputs;
  for (const int id : graph.inputs)
    inputs.push_back(random_input(graph.at(id), seed, inputs.size()));
  return inputs;
}

std::string input_shapes_text(const Graph& graph) {
  std::string out;
  for (const int id : graph.inputs) out += (out.empty() ? "" : ",") + graph.at(id).shape.text();
  return out;
}

}  // namespace burin::apps
