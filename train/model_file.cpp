#include "train/model_file.h"

#include "engine/error.h"
#include "io/file.h"
#include "io/safetensors.h"
#include "models/zoo.h"

namespace burin::train {
namespace {

constexpr const char* kind = "model 1";

models::ModelOptions options_of(const Recipe& recipe) {
  return {.seed = static_cast<std::uint64_t>(recipe.train.seed),
          .classes = recipe.model.classes,
          .width = recipe.model.width};
}

// Before memory is taken for it: a few bytes may name a network of 30 GB.
void check_elements(const SafetensorsFile& file, const Recipe& recipe,
                    const std::string& operation) {
  std::int64_t there = 0;
  for (const NamedTensor& t : file.tensors) there += t.tensor.elements();
  const std::int64_t least = models::least_elements(recipe.network, options_of(recipe));
  if (there < least)
    throw Error(operation, "tensors of " + std::to_string(least) + " elements in all",
                std::to_string(there));
}

}  // namespace

std::unique_ptr<Network> make_network_of(const Recipe& recipe) {
  return models::make_network(recipe.network, options_of(recipe));
}

void save_model(const std::filesystem::path& file, std::span<const NamedParameter> parameters,
                const Recipe& recipe, const std::map<std::string, std::string>& facts) {
  std::vector<NamedTensor> tensors;
  for (const auto& p : parameters) tensors.push_back({p.name, p.parameter->value});
  std::map<std::string, std::string> metadata = facts;
  metadata["burin"] = kind;
  metadata["recipe"] = recipe_text(recipe);
  write_safetensors(file, tensors, metadata);
}

std::filesystem::path model_path(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(path, ignored)) return path;
  const auto best = path / "best.safetensors";
  if (std::filesystem::exists(best, ignored)) return best;
  throw Error(reading(path), "a run folder with best.safetensors", "none there");
}

Model load_model(const std::filesystem::path& path) {
  Model model;
  model.file = model_path(path);
  const std::string operation = reading(model.file);
  const SafetensorsFile file = read_safetensors(model.file);
  const auto entry = file.metadata.find("burin");
  const std::string found = entry == file.metadata.end() ? "none" : "'" + entry->second + "'";
  if (found != std::string("'") + kind + "'")
    throw Error(operation, std::string("metadata burin = '") + kind + "'", found);
  if (!file.metadata.contains("recipe")) throw Error(operation, "metadata 'recipe'", "none");
  model.recipe = parse_recipe(file.metadata.at("recipe"), model.file.string() + " recipe");
  check_elements(file, model.recipe, operation);
  model.network = make_network_of(model.recipe);
  for (const auto& p : model.network->parameters()) {
    const Tensor* tensor = file.find(p.name);
    const Tensor& value = p.parameter->value;
    if (!tensor || tensor->shape() != value.shape() || tensor->dtype() != value.dtype())
      throw Error(operation, p.name + " of " + value.shape().text(),
                  tensor ? std::string(dtype_name(tensor->dtype())) + " " + tensor->shape().text()
                         : "no such tensor");
    value.copy_from(*tensor);
    value.storage()->bump_version();
  }
  return model;
}

}  // namespace burin::train
