#include "engine/ops/quantized.h"

#include "engine/error.h"
#include "engine/ops/axis_rows.h"

namespace burin {

void check_per_entry(std::string_view op, std::string_view role, const Shape& numbers,
                     std::int64_t entries) {
  if (numbers.elements() == 1 || (numbers.rank() == 1 && numbers[0] == entries)) return;
  throw Error(std::string(op),
              std::string(role) + " of 1 or " + std::to_string(entries) + " numbers",
              numbers.text());
}

Tensor along_axis(const Tensor& numbers, int rank, int axis) {
  if (numbers.elements() == 1) return numbers.reshape({});
  std::vector<std::int64_t> sizes(static_cast<std::size_t>(rank), 1);
  sizes[static_cast<std::size_t>(axis)] = numbers.elements();
  return numbers.reshape(Shape(sizes));
}

int scale_axis(std::string_view op, const Shape& x, const Shape& scale,
               const QuantizeAttributes& attributes) {
  return scale.elements() == 1 ? 0 : axis_of(op, x, attributes.axis);
}

Shape infer_scaled(std::string_view op, std::span<const Shape> inputs,
                   const QuantizeAttributes& attributes) {
  const int axis = scale_axis(op, inputs[0], inputs[1], attributes);
  const std::int64_t entries = inputs[1].elements() == 1 ? 1 : inputs[0][axis];
  check_per_entry(op, "scale", inputs[1], entries);
  check_per_entry(op, "zero", inputs[2], entries);
  return inputs[0];
}

void check_zero_type(std::string_view op, const Tensor& zero, DType wanted) {
  if (zero && zero.dtype() != wanted)
    throw Error(std::string(op), "a zero point of type " + std::string(dtype_name(wanted)),
                std::string(dtype_name(zero.dtype())));
}

DType integer_product_type(std::string_view op, std::span<const DType> inputs) {
  static_cast<void>(require_type(op, inputs[0], Bytes{}));
  static_cast<void>(require_type(op, inputs[1], Bytes{}));
  return DType::i32;
}

std::vector<std::int32_t> zero_points(std::string_view op, const Tensor& zero,
                                      std::int64_t entries) {
  std::vector<std::int32_t> out(static_cast<std::size_t>(entries), 0);
  if (!zero) return out;
  const Tensor row = zero.in_order(Order::row_major);
  for_type(op, zero.dtype(), Bytes{}, [&](auto type) {
    const auto* in = row.data<decltype(type)>();
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = in[row.elements() == 1 ? 0 : i];
  });
  return out;
}

}  // namespace burin
