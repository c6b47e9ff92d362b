// MODEL of the command line: an ONNX file, a model file, a run folder or a name of models/ (weights
// drawn from the seed), and the graph that it gives for shapes.
//
//   const LoadedModel model("damage-unet", {.seed = 1});
//   const Graph graph = model.graph({.shapes = {{"image", {1, 3, 512, 512}}}});
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/shapes.h"
#include "io/onnx/import.h"
#include "models/zoo.h"

namespace burin::apps {

struct GraphRequest {
  // By name of an input: all, or none for the model's own; of an ONNX file those that it leaves open.
  ShapesByName shapes{};
  // Numbers of inputs that state sizes or axes, such as the operand of a Reshape (ONNX).
  std::map<std::string, Tensor, std::less<>> values{};
  std::int64_t batch = 0;  // first size of every input; 0: as above
};

class LoadedModel {
 public:
  // Throws Error for a word that is none of the four, and what their readers throw.
  explicit LoadedModel(const std::string& word, const models::ModelOptions& options = {});

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] std::vector<std::string> input_names() const;
  [[nodiscard]] std::vector<std::string> output_names() const;
  // In inference form, with the facts that the file holds, or the network's name and seed, as metadata.
  // Throws Error for shapes that do not fit.
  [[nodiscard]] Graph graph(const GraphRequest& request) const;
  // Null for an ONNX file.
  [[nodiscard]] Network* network() const noexcept { return network_.get(); }

 private:
  [[nodiscard]] Graph traced(const GraphRequest& request) const;
  [[nodiscard]] Graph imported(const GraphRequest& request) const;

  std::string name_;
  std::map<std::string, std::string> metadata_;  // of a network
  std::unique_ptr<Network> network_;
  std::optional<OnnxModel> onnx_;
};

// For each input: floats of mean 0 and variance 1, integers and booleans 0 and 1.
[[nodiscard]] Tensor random_input(const Node& input, std::uint64_t seed, std::size_t index);
[[nodiscard]] std::vector<Tensor> random_inputs(const Graph& graph, std::uint64_t seed);

// "1x3x512x512,1x10": of the inputs, in their order.
[[nodiscard]] std::string input_shapes_text(const Graph& graph);

}  // namespace burin::apps
