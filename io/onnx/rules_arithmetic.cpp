// Add, Sub, Mul with repeated axes; ReduceSum, ReduceMean.
#include <algorithm>

#include "engine/ops/all_ops.h"
#include "io/onnx/rules.h"

namespace burin {
namespace {

// x with axes of size 1 in front, up to `rank`.
int widened(ImportContext& c, int x, int rank) {
  const Shape shape = c.shape(x);
  if (shape.rank() == rank) return x;
  std::vector<std::int64_t> sizes(static_cast<std::size_t>(rank - shape.rank()), 1);
  sizes.insert(sizes.end(), shape.sizes().begin(), shape.sizes().end());
  return c.reshape(x, sizes);
}

// Opset 6: b stands for the axes of a from `axis` on, or for the last ones.
int broadcast_from(ImportContext& c, int a, int b) {
  c.ignore({"consumed_inputs"});
  if (c.integer("broadcast", 0) == 0 || !c.has_attribute("axis")) return b;
  const Shape from = c.shape(a), shape = c.shape(b);
  const int first = c.axis(c.integer("axis"), from.rank());
  if (first + shape.rank() > from.rank()) c.refuse("axis " + std::to_string(first));
  std::vector<std::int64_t> sizes(static_cast<std::size_t>(from.rank()), 1);
  std::ranges::copy(shape.sizes(), sizes.begin() + first);
  return c.reshape(b, sizes);
}

void import_binary(ImportContext& c, const OpDef& op, Attributes attributes) {
  const int a = c.f32(0);
  const int b = c.opset() < 7 ? broadcast_from(c, a, c.f32(1)) : c.f32(1);
  c.set(0, add_aligned(c, op, a, b, std::move(attributes)));
}

void import_add(ImportContext& c) { import_binary(c, add_op, ActivationAttributes{}); }
void import_subtract(ImportContext& c) { import_binary(c, subtract_op, {}); }
void import_multiply(ImportContext& c) { import_binary(c, multiply_op, {}); }

// Axes are an attribute, and since opset 13 (sum) or 18 (mean) an operand. None: all of them, or
// with noop_with_empty_axes no reduction.
void import_reduce(ImportContext& c) {
  const int x = c.f32(0);
  const std::vector<std::int64_t> written =
      c.integers(1, "axes").value_or(std::vector<std::int64_t>());
  AxesAttributes a{.axes = c.axes(written, c.shape(x).rank()),
                   .keep = c.integer("keepdims", 1) != 0};
  if (c.integer("noop_with_empty_axes", 0) != 0 && written.empty()) return c.set(0, x);
  c.set(0, c.add(c.op() == "ReduceSum" ? sum_op : mean_op, {x}, a));
}

constexpr OnnxRule rules[] = {
    {"Add", import_add},          {"Mul", import_multiply}, {"ReduceMean", import_reduce},
    {"ReduceSum", import_reduce}, {"Sub", import_subtract},
};

}  // namespace

int add_aligned(ImportContext& c, const OpDef& op, int a, int b, Attributes attributes) {
  const int rank = std::max(c.shape(a).rank(), c.shape(b).rank());
  return c.add(op, {widened(c, a, rank), widened(c, b, rank)}, std::move(attributes));
}

std::span<const OnnxRule> onnx_rules_arithmetic() { return rules; }

}  // namespace burin
