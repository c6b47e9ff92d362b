// A program compared with the reference kernels (loops, sums in double), node by node: each node of
// the optimized graph is run by the reference on the operands that the program itself made, so an
// error is that of one kernel and does not grow along the network.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "engine/graph/program.h"

namespace burin {

struct NodeCheck {
  int node = -1;       // of the optimized graph
  std::string kernel;  // "view" where nothing is computed
  // Largest difference over the largest number of the reference; NaN where one side alone is one.
  double error = 0;
};

// The largest error that a kernel of this precision may have.
[[nodiscard]] double tolerated(Precision precision) noexcept;

// Calls `see` for each node in order; returns the outputs of the program. Throws Error as
// Program::run does.
std::vector<Tensor> check_program(
    const Graph& graph, std::span<const Tensor> inputs, Precision precision,
    const std::function<void(const Graph& optimized, const NodeCheck& check)>& see);

// The error of NodeCheck between two tensors of one shape.
[[nodiscard]] double largest_error(const Tensor& result, const Tensor& reference);

}  // namespace burin
