// From an ONNX file to a graph for concrete shapes (docs/decisions/0006-concrete-graphs.md).
//
//   const OnnxModel model = read_onnx("model.onnx");
//   const Graph graph = import_onnx(model, {.shapes = {{"image", {1, 3, 512, 512}}}});
#pragma once

#include <map>
#include <string>

#include "engine/graph/graph.h"
#include "io/onnx/model.h"

namespace burin {

struct ImportOptions {
  // By name of an input, where its sizes are open. Inputs that are not named here get what the file
  // says, and 1 for an open batch (axis 0).
  std::map<std::string, Shape, std::less<>> shapes{};
  // Inputs whose numbers are known now, such as the operand of a Reshape: constants of the graph.
  std::map<std::string, Tensor, std::less<>> values{};
};

// The graph has the inputs that are not in `values`, in the file's order, the outputs, and the
// metadata. What depends on shapes and constants alone is computed at once. Tensors share the
// model's memory.
//
// Throws Error{"import <file>", ...} for an open size that is not given, a shape that does not fit
// the file's, and one that lists every operator that has no rule and every node that its rule
// refuses, how often, the first node's name and the reason.
[[nodiscard]] Graph import_onnx(const OnnxModel& model, const ImportOptions& options = {});

}  // namespace burin
