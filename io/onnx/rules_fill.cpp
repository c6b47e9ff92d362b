// Tensors that follow from sizes and constants: ConstantOfShape, EyeLike, Range, Size; Expand, Tile;
// Trilu by a mask of constants.
#include <algorithm>
#include <cmath>

#include "engine/ops/all_ops.h"
#include "io/onnx/read_tensor.h"
#include "io/onnx/rules.h"

namespace burin {
namespace {

constexpr std::int64_t most_numbers = std::int64_t{1} << 24;  // of a constant that is made here

Shape shape_of(ImportContext& c, std::span<const std::int64_t> sizes) {
  if (sizes.size() > Shape::max_rank) c.refuse("a shape of " + std::to_string(sizes.size()));
  return Shape(sizes);
}

void expand_to(ImportContext& c, int x, const Shape& shape) {
  if (c.shape(x) == shape) return c.set(0, x);
  c.set(0, c.add(expand_op, {x},
                 ShapeAttributes{.shape = {shape.sizes().begin(), shape.sizes().end()}}));
}

void import_constant_of_shape(ImportContext& c) {
  const Shape shape = shape_of(c, c.integers_of(c.operand(0), "shape"));
  std::optional<Tensor> value = c.tensor("value");
  if (value && value->elements() != 1) c.refuse("a value of " + value->shape().text());
  const Tensor one = value ? value->reshape({}) : Tensor::zeros({});
  expand_to(c, c.add_constant(one), shape);
}

void import_expand(ImportContext& c) {
  const int x = c.operand(0);
  const Shape from = c.shape(x), wanted = shape_of(c, c.integers_of(c.operand(1), "shape"));
  const bool longer = from.rank() > wanted.rank();
  Shape shape = longer ? from : wanted;
  const Shape& shorter = longer ? wanted : from;
  const int missing = shape.rank() - shorter.rank();
  for (int i = missing; i < shape.rank(); ++i)
    if (shape[i] == 1) shape = shape.with(i, shorter[i - missing]);
  expand_to(c, x, shape);
}

void import_tile(ImportContext& c) {
  c.set(0, c.add(tile_op, {c.operand(0)},
                 ShapeAttributes{.shape = c.integers_of(c.operand(1), "repeats")}));
}

void import_size(ImportContext& c) {
  const std::int64_t count[] = {c.shape(c.operand(0)).elements()};
  c.set(0, c.add_constant(Shape(), count));
}

// Whole numbers are counted as such, reals as start + i*delta.
void import_range(ImportContext& c) {
  const DType type = c.type(c.operand(0));
  const bool whole = type == DType::i64 || type == DType::i32;
  double number[3];
  std::int64_t integer[3];
  for (std::size_t i = 0; i < 3; ++i) {
    const int wide = add_cast(c, c.operand(i), whole ? DType::i64 : DType::f64);
    const Tensor* value = c.constant(wide);
    if (value == nullptr || value->elements() != 1)
      c.refuse("a range that is known only when the graph runs");
    if (whole) integer[i] = *value->data<std::int64_t>();
    number[i] = whole ? static_cast<double>(integer[i]) : *value->data<double>();
  }
  const double length = std::ceil((number[1] - number[0]) / number[2]);
  if (!(length <= static_cast<double>(most_numbers))) c.refuse("a range of more than 2^24 numbers");
  const auto count = std::max<std::int64_t>(0, static_cast<std::int64_t>(length));
  const Tensor out = Tensor::empty({count}, whole ? DType::i64 : DType::f64);
  for (std::int64_t i = 0; i < count; ++i) {
    if (whole)
      out.data<std::int64_t>()[i] = integer[0] + i * integer[2];
    else
      out.data<double>()[i] = number[0] + static_cast<double>(i) * number[2];
  }
  c.set(0, add_cast(c, c.add_constant(out), type));
}

// f(row, column) of a matrix of bools.
template <class F>
int mask(ImportContext& c, std::int64_t rows, std::int64_t columns, const F& f) {
  if (rows > 0 && columns > most_numbers / rows) c.refuse("a mask of more than 2^24 numbers");
  const Tensor out = Tensor::empty({rows, columns}, DType::boolean, Order::row_major);
  for (std::int64_t i = 0; i < rows; ++i)
    for (std::int64_t j = 0; j < columns; ++j) out.data<bool>()[i * columns + j] = f(i, j);
  return c.add_constant(out);
}

void import_eye_like(ImportContext& c) {
  const Shape shape = c.shape(c.operand(0));
  if (shape.rank() != 2) c.refuse("x of " + shape.text());
  const auto type = c.has_attribute("dtype")
                        ? onnx_file::type_of(static_cast<int>(c.integer("dtype")))
                        : std::variant<DType, OnnxForeign>(c.type(c.operand(0)));
  if (const auto* foreign = std::get_if<OnnxForeign>(&type)) c.refuse("type " + foreign->type);
  const std::int64_t k = c.integer("k", 0);
  const int ones = mask(c, shape[0], shape[1], [=](auto i, auto j) { return j - i == k; });
  c.set(0, add_cast(c, ones, std::get<DType>(type)));
}

void import_trilu(ImportContext& c) {
  const int x = c.operand(0);
  const Shape shape = c.shape(x);
  if (shape.rank() < 2) c.refuse("x of " + shape.text());
  const bool upper = c.integer("upper", 1) != 0;
  const std::vector<std::int64_t> k =
      c.has(1) ? c.integers_of(c.operand(1), "k") : std::vector<std::int64_t>{0};
  if (k.size() != 1) c.refuse("k of " + std::to_string(k.size()) + " numbers");
  const int kept = mask(c, shape[shape.rank() - 2], shape[shape.rank() - 1],
                        [&](auto i, auto j) { return upper ? j - i >= k[0] : j - i <= k[0]; });
  c.set(0, c.add(where_op, {kept, x, add_scalar(c, c.type(x), 0)}));
}

constexpr OnnxRule rules[] = {
    {"ConstantOfShape", import_constant_of_shape},
    {"Expand", import_expand},
    {"EyeLike", import_eye_like},
    {"Range", import_range},
    {"Size", import_size},
    {"Tile", import_tile},
    {"Trilu", import_trilu},
};

}  // namespace

std::span<const OnnxRule> onnx_rules_fill() { return rules; }

}  // namespace burin
