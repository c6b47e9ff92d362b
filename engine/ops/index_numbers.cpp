#include "engine/ops/index_numbers.h"

#include "engine/ops/element_types.h"

namespace burin {

std::vector<std::int64_t> index_numbers(std::string_view op, const Tensor& indices) {
  const Tensor rows = indices.in_order(Order::row_major);
  std::vector<std::int64_t> out;
  for_type(op, indices.dtype(), Indices{}, [&](auto zero) {
    const auto* in = rows.data<decltype(zero)>();
    out.assign(in, in + rows.elements());
  });
  return out;
}

std::int64_t index_in(std::string_view op, std::int64_t index, std::int64_t size) {
  if (index < -size || index >= size)
    throw Error(std::string(op), "an index inside of " + std::to_string(size) + " entries",
                std::to_string(index));
  return index < 0 ? index + size : index;
}

std::int64_t elements_from(const Shape& shape, int axis) {
  std::int64_t count = 1;
  for (; axis < shape.rank(); ++axis) count *= shape[axis];
  return count;
}

}  // namespace burin
