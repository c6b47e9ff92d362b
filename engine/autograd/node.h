// One step of a computation, as data. A tape, a graph and what is printed of them are lists of nodes;
// the index in the list is the node's id and that of the value that it makes.
#pragma once

#include <string>
#include <vector>

#include "engine/autograd/op.h"

namespace burin {

struct Node {
  const OpDef* op = nullptr;  // null: a leaf (input, parameter or constant)
  std::string name;           // path of a parameter or of the layer; name of an input
  std::vector<int> inputs;    // ids of earlier nodes; -1: absent
  Attributes attributes;
  Shape shape;
  DType type = DType::f32;
  Tensor value;  // of a leaf: the parameter or constant; undefined for an input
};

// "%7 = conv(%5, %6) kernel=3x3 ...  [1x64x48x48]"; the type is named unless it is f32.
[[nodiscard]] std::string to_text(const Node& node, std::size_t id);

}  // namespace burin
