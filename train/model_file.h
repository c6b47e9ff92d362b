// The model file: ONNX with open sizes, so that every tool runs it; the weights under the names of
// the network's parameters, the recipe and what was measured in metadata_props. A name that ends in
// .safetensors holds the same without the graph.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "engine/nn/network.h"
#include "train/recipe.h"

namespace burin::train {

struct Model {
  Recipe recipe;
  std::map<std::string, std::string> metadata;
  std::unique_ptr<Network> network;
  std::filesystem::path file;
};

// The recipe's network, with weights drawn from its seed. Throws Error for an unknown name.
[[nodiscard]] std::unique_ptr<Network> make_network_of(const Recipe& recipe);

// Atomic. `facts` ("step", "dice", ...) join the metadata. Throws Error.
void save_model(const std::filesystem::path& file, Network& network, const Recipe& recipe,
                const std::map<std::string, std::string>& facts);

// A file, or a run folder: its model.onnx, else its best.safetensors. Throws Error naming the file
// and what is wrong with it.
[[nodiscard]] Model load_model(const std::filesystem::path& path);

// The file that load_model would read. Throws Error.
[[nodiscard]] std::filesystem::path model_path(const std::filesystem::path& path);

}  // namespace burin::train
