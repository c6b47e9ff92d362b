#include "train/model_file.h"

#include <cstdio>

#include "engine/error.h"
#include "engine/graph/trace_network.h"
#include "io/crc32c.h"
#include "io/file.h"
#include "io/in_quotes.h"
#include "io/onnx/export.h"
#include "io/onnx/model.h"
#include "io/safetensors.h"
#include "io/sha256.h"
#include "io/tensor_bytes.h"
#include "models/zoo.h"

namespace burin::train {
namespace {

constexpr const char* kind = "model 1";
constexpr const char* checksum = "parameters_crc32c";

models::ModelOptions options_of(const Recipe& recipe) {
  return {.seed = static_cast<std::uint64_t>(recipe.train.seed),
          .classes = recipe.model.classes,
          .width = recipe.model.width};
}

// Of all parameters in visiting order, 8 hexadecimal digits.
std::string checksum_of(std::span<const NamedParameter> parameters) {
  std::uint32_t crc = 0;
  for (const NamedParameter& p : parameters)
    crc = crc32c(row_major_bytes(to_row_major(p.parameter->value)), crc);
  char text[9];
  std::snprintf(text, sizeof text, "%08x", static_cast<unsigned>(crc));
  return text;
}

// Heights, widths and depths stay open where the network takes any.
std::vector<std::string> open_axes(const Network& network) {
  const NetworkInput input = network.inputs()[0];
  if (input.fixed || input.shape.rank() <= 2) return {};
  const std::vector<std::string> names{"depth", "height", "width"};
  return {names.end() - (input.shape.rank() - 2), names.end()};
}

void save_onnx(const std::filesystem::path& file, Network& network,
               std::map<std::string, std::string> metadata) {
  Graph graph = trace_network(network, default_shapes(network));
  metadata[checksum] = checksum_of(network.parameters());
  graph.metadata = std::move(metadata);
  write_onnx(file, graph, {.spatial = open_axes(network)});
}

// What both kinds of file hold.
struct Stored {
  std::map<std::string, std::string> metadata;
  std::map<std::string, Tensor> tensors;
};

Stored read_stored(const std::filesystem::path& path) {
  Stored stored;
  if (path.extension() != ".onnx") {
    SafetensorsFile file = read_safetensors(path);
    stored.metadata = std::move(file.metadata);
    for (NamedTensor& t : file.tensors) stored.tensors[t.name] = std::move(t.tensor);
    return stored;
  }
  OnnxModel model = read_onnx(path);
  stored.metadata = std::move(model.metadata);
  for (auto& [name, weight] : model.weights)
    if (auto* tensor = std::get_if<Tensor>(&weight)) stored.tensors[name] = std::move(*tensor);
  return stored;
}

// Before memory is taken for it: a few bytes may name a network of 30 GB.
void check_elements(const Stored& stored, const Recipe& recipe, const std::string& operation) {
  std::int64_t there = 0;
  for (const auto& [name, tensor] : stored.tensors) there += tensor.elements();
  const std::int64_t least = models::least_elements(recipe.network, options_of(recipe));
  if (there < least)
    throw Error(operation, "tensors of " + std::to_string(least) + " elements in all",
                std::to_string(there));
}

}  // namespace

std::unique_ptr<Network> make_network_of(const Recipe& recipe) {
  return models::make_network(recipe.network, options_of(recipe));
}

void save_model(const std::filesystem::path& file, Network& network, const Recipe& recipe,
                const std::map<std::string, std::string>& facts) {
  std::map<std::string, std::string> metadata = facts;
  metadata["burin"] = kind;
  metadata["recipe"] = recipe_text(recipe);
  metadata["recipe_sha256"] = sha256_hex(metadata["recipe"]);
  metadata["network"] = recipe.network;
  if (file.extension() == ".onnx") return save_onnx(file, network, std::move(metadata));
  std::vector<NamedTensor> tensors;
  for (const auto& p : network.parameters()) tensors.push_back({p.name, p.parameter->value});
  write_safetensors(file, tensors, metadata);
}

std::filesystem::path model_path(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(path, ignored)) return path;
  for (const char* name : {"model.onnx", "best.safetensors"})
    if (std::filesystem::exists(path / name, ignored)) return path / name;
  throw Error(reading(path), "a run folder with model.onnx", "none there");
}

Model load_model(const std::filesystem::path& path) {
  Model model;
  model.file = model_path(path);
  const std::string operation = reading(model.file);
  const Stored stored = read_stored(model.file);
  model.metadata = stored.metadata;
  const auto entry = stored.metadata.find("burin");
  const std::string found = entry == stored.metadata.end() ? "none" : "'" + entry->second + "'";
  if (found != std::string("'") + kind + "'")
    throw Error(operation, std::string("metadata burin = '") + kind + "'", found);
  if (!stored.metadata.contains("recipe")) throw Error(operation, "metadata 'recipe'", "none");
  model.recipe = parse_recipe(stored.metadata.at("recipe"), model.file.string() + " recipe");
  check_elements(stored, model.recipe, operation);
  model.network = make_network_of(model.recipe);
  for (const auto& p : model.network->parameters()) {
    const auto tensor = stored.tensors.find(p.name);
    const bool there = tensor != stored.tensors.end();
    const Tensor& value = p.parameter->value;
    if (!there || tensor->second.shape() != value.shape() ||
        tensor->second.dtype() != value.dtype())
      throw Error(operation, p.name + " of " + value.shape().text(),
                  there ? std::string(dtype_name(tensor->second.dtype())) + " " +
                              tensor->second.shape().text()
                        : "no such tensor");
    value.copy_from(tensor->second);
    value.storage()->bump_version();
  }
  const auto stated = stored.metadata.find(checksum);
  if (stated != stored.metadata.end())
    if (const std::string sum = checksum_of(model.network->parameters()); sum != stated->second)
      throw Error(operation, "parameters with checksum " + in_quotes(stated->second), sum);
  return model;
}

}  // namespace burin::train
