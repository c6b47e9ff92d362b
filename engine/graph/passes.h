// Every pass over a graph, one sentence each; passes/list.cpp holds the order. A pass is a function
// from graph to graph, keeps inputs, outputs and their names, and changes results by rounding only.
// A graph that is handed over (moved) may give its weights' memory to the new one.
#pragma once

#include <span>
#include <string_view>

#include "engine/graph/graph.h"
#include "engine/ops/step.h"

namespace burin {

// Nodes that no output depends on are dropped; inputs stay.
[[nodiscard]] Graph remove_dead(const Graph& graph);
// Nodes whose operands are all constants are run and become constants.
[[nodiscard]] Graph fold_constants(const Graph& graph);
// Of nodes with the same op, operands and attributes the first serves all.
[[nodiscard]] Graph merge_equal(const Graph& graph);
// A border of zeros becomes the padding of the convolution that alone reads it.
[[nodiscard]] Graph fold_pad(const Graph& graph);
// A batch norm (or a factor or an addend per channel) after a convolution or dense layer goes into
// its weights and bias: into their memory where no other graph or tensor holds it.
[[nodiscard]] Graph fold_batch_norm(Graph graph);
// x * sigmoid(x) becomes one function.
[[nodiscard]] Graph recognize_silu(const Graph& graph);
// One half times the sigmoid of the other becomes a gated linear unit.
[[nodiscard]] Graph recognize_glu(const Graph& graph);
// relu, leaky relu and relu6 go into the convolution, dense layer, norm or sum that they alone
// follow.
[[nodiscard]] Graph fuse_activation(const Graph& graph);
// Upsampling by 2, concatenation with a skip and a 3x3 convolution become a convolution of the skip
// and a transposed one of the coarse image, where the kernels' estimates say that it pays within two
// runs, making the weights included, or wherever it is possible.
[[nodiscard]] Graph compose_phases(const Graph& graph, Precision precision);
[[nodiscard]] Graph compose_all_phases(const Graph& graph);
// A sum with the result of a convolution (and its activation) becomes the convolution's residual.
[[nodiscard]] Graph fuse_residual(const Graph& graph);
// For precision bf16: activations are stored as bf16 wherever kernels can write and read them so at
// no more cost.
[[nodiscard]] Graph store_as_bf16(const Graph& graph);

struct Pass {
  std::string_view name;
  Graph (*run)(Graph graph, Precision precision);
};
// In the order in which optimize() runs them.
[[nodiscard]] std::span<const Pass> passes() noexcept;

}  // namespace burin
