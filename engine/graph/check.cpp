#include "engine/graph/check.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "kernels/cap_scope.h"

namespace burin {
namespace {

// f32 for bf16, which the reference kernels do not read.
Tensor as_f32(const Tensor& t) {
  return t && t.dtype() == DType::bf16 ? Tensor::from(t.shape(), t.to_vector()) : t;
}

// By the op's reference entry where it has a table, else by its forward at the reference level.
Tensor reference_of(const Node& node, std::span<const Tensor> operands) {
  const kernels::CapScope cap(kernels::Isa::reference);
  if (node.op->plan == nullptr) return evaluate(*node.op, operands, node.attributes);
  const auto shared = std::make_shared<SharedScratch>();
  const Tensor target = Tensor::empty(node.shape);
  Step step = node.op->plan({.inputs = operands,
                             .attributes = node.attributes,
                             .target = target,
                             .precision = Precision::exact,
                             .shared = shared});
  shared->allocate();
  step.run();
  return target;
}

Tensor operand_of(const Program& program, int id) {
  if (id < 0) return {};
  if (program.graph().is_constant(id)) return program.value(id);
  const Tensor value = as_f32(program.value(id));
  return value.layout().is_channels_last() ? value : value.in_order(Order::channels_last);
}

}  // namespace

double tolerated(Precision precision) noexcept {
  return precision == Precision::bf16 ? 3e-2 : 1e-4;  // bf16 holds 8 bits of a number
}

double largest_error(const Tensor& result, const Tensor& reference) {
  const std::vector<float> a = result.to_vector(), b = reference.to_vector();
  double difference = 0, size = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (std::isnan(a[i]) != std::isnan(b[i])) return std::numeric_limits<double>::quiet_NaN();
    if (std::isnan(b[i]) || a[i] == b[i]) continue;
    difference =
        std::max(difference, std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i])));
  }
  for (const float value : b)
    if (std::isfinite(value)) size = std::max(size, std::abs(static_cast<double>(value)));
  return difference == 0 ? 0 : difference / size;
}

std::vector<Tensor> check_program(
    const Graph& graph, std::span<const Tensor> inputs, Precision precision,
    const std::function<void(const Graph& optimized, const NodeCheck& check)>& see) {
  Program program(graph, {.precision = precision, .keep_values = true});
  const Graph& optimized = program.graph();
  const auto results = program.run(inputs);
  std::map<int, std::string> kernels;
  for (const ProgramStep& step : program.steps()) kernels[step.node] = step.step.kernel;
  for (int id = 0; id < static_cast<int>(optimized.nodes.size()); ++id) {
    const Node& node = optimized.at(id);
    if (node.op == nullptr) continue;
    std::vector<Tensor> operands;
    for (const int operand : node.inputs) operands.push_back(operand_of(program, operand));
    const auto kernel = kernels.find(id);
    see(optimized, {.node = id,
                    .kernel = kernel == kernels.end() ? "view" : kernel->second,
                    .error = largest_error(program.value(id), reference_of(node, operands))});
  }
  return {results.begin(), results.end()};
}

}  // namespace burin
