// Sizes and ranks: Reshape, Flatten, Squeeze, Unsqueeze, Shape; Constant, Identity, Dropout.
#include <algorithm>

#include "engine/ops/all_ops.h"
#include "io/onnx/rules.h"

namespace burin {
namespace {

// Zeros copy the size of x, unless allowzero says that they are sizes.
void import_reshape(ImportContext& c) {
  const int x = c.operand(0);
  std::optional<std::vector<std::int64_t>> sizes = c.integers(1, "shape");
  if (!sizes) c.refuse("shape is missing");
  const bool zeros = c.integer("allowzero", 0) != 0;
  for (std::size_t i = 0; i < sizes->size(); ++i) {
    std::int64_t& size = (*sizes)[i];
    if (size == 0 && !zeros) {
      if (static_cast<int>(i) >= c.shape(x).rank()) c.refuse("size 0 beyond the axes of x");
      size = c.shape(x)[static_cast<int>(i)];
    }
    if (size < -1) c.refuse("size " + std::to_string(size));
  }
  c.set(0, c.reshape(x, *sizes));
}

void import_flatten(ImportContext& c) {
  const int x = c.operand(0);
  const Shape& shape = c.shape(x);
  const std::int64_t written = c.integer("axis", 1);
  const int axis = written == shape.rank() ? shape.rank() : c.axis(written, shape.rank());
  std::int64_t rows = 1, columns = 1;
  for (int i = 0; i < shape.rank(); ++i) (i < axis ? rows : columns) *= shape[i];
  c.set(0, c.reshape(x, Shape{rows, columns}));
}

void import_squeeze(ImportContext& c) {
  const int x = c.operand(0);
  const Shape& shape = c.shape(x);
  const auto written = c.integers(1, "axes");
  const std::vector<int> axes = c.axes(written.value_or(std::vector<std::int64_t>()), shape.rank());
  std::vector<std::int64_t> sizes;
  for (int i = 0; i < shape.rank(); ++i) {
    const bool named = std::ranges::binary_search(axes, i);
    if (named && shape[i] != 1) c.refuse("axis " + std::to_string(i) + " of " + shape.text());
    if (!(written ? named : shape[i] == 1)) sizes.push_back(shape[i]);
  }
  c.set(0, c.reshape(x, sizes));
}

void import_unsqueeze(ImportContext& c) {
  const int x = c.operand(0);
  const Shape& shape = c.shape(x);
  const auto written = c.integers(1, "axes");
  if (!written) c.refuse("axes are missing");
  const int rank = shape.rank() + static_cast<int>(written->size());
  if (rank > Shape::max_rank) c.refuse("a result of " + std::to_string(rank) + " axes");
  const std::vector<int> axes = c.axes(*written, rank);
  std::vector<std::int64_t> sizes;
  for (int i = 0, from = 0; i < rank; ++i)
    sizes.push_back(std::ranges::binary_search(axes, i) ? 1 : shape[from++]);
  c.set(0, c.reshape(x, sizes));
}

void import_shape(ImportContext& c) {
  const Shape& shape = c.shape(c.operand(0));
  const std::int64_t rank = shape.rank();
  const auto place = [&](std::int64_t at) {
    return std::clamp<std::int64_t>(at < 0 ? at + rank : at, 0, rank);
  };
  const std::int64_t first = place(c.integer("start", 0)), last = place(c.integer("end", rank));
  const std::span<const std::int64_t> sizes = shape.sizes();
  const std::int64_t count = std::max<std::int64_t>(0, last - first);
  const auto part = sizes.subspan(static_cast<std::size_t>(count > 0 ? first : 0),
                                  static_cast<std::size_t>(count));
  const std::vector<std::int64_t> integers(part.begin(), part.end());
  c.set(0, c.add_constant(Shape{count}, integers));
}

void import_constant(ImportContext& c) {
  if (const auto value = c.tensor("value")) return c.set(0, c.add_constant(*value));
  if (c.has_attribute("value_int")) {
    const std::int64_t integer[] = {c.integer("value_int")};
    return c.set(0, c.add_constant(Shape(), integer));
  }
  if (const auto integers = c.integers("value_ints"))
    return c.set(0, c.add_constant(Shape{static_cast<std::int64_t>(integers->size())}, *integers));
  std::vector<float> numbers;
  if (c.has_attribute("value_float")) numbers.push_back(c.number("value_float", 0));
  const bool one = !numbers.empty();
  if (const auto list = c.numbers("value_floats")) numbers = *list;
  if (!one && !c.has_attribute("value_floats")) c.refuse("a value of no known kind");
  const Shape shape = one ? Shape() : Shape{static_cast<std::int64_t>(numbers.size())};
  c.set(0, c.add_constant(Tensor::from(shape, numbers, Order::row_major)));
}

void import_identity(ImportContext& c) { c.set(0, c.operand(0)); }

// Inference: nothing is dropped.
void import_dropout(ImportContext& c) {
  c.ignore({"ratio", "seed", "is_test"});
  if (c.has(2)) {
    const Tensor* training = c.constant(c.operand(2));
    if (training == nullptr || training->to_vector() != std::vector<float>{0})
      c.refuse("training_mode");
  }
  if (c.wants(1)) {  // nothing is dropped
    if (c.opset() < 10) c.refuse("a mask as result");
    const std::span<const std::int64_t> sizes = c.shape(c.operand(0)).sizes();
    const ShapeAttributes all{.shape = {sizes.begin(), sizes.end()}};
    c.set(1, c.add(expand_op, {add_scalar(c, DType::boolean, 1)}, all));
  }
  c.set(0, c.operand(0));
}

constexpr OnnxRule rules[] = {
    {"Constant", import_constant}, {"Dropout", import_dropout},     {"Flatten", import_flatten},
    {"Identity", import_identity}, {"Reshape", import_reshape},     {"Shape", import_shape},
    {"Squeeze", import_squeeze},   {"Unsqueeze", import_unsqueeze},
};

}  // namespace

std::span<const OnnxRule> onnx_rules_shape() { return rules; }

}  // namespace burin
