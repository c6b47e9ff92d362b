#include "engine/ops/quantized.h"

#include "engine/error.h"
#include "engine/ops/element_types.h"

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

std::vector<std::int32_t> zero_points(std::string_view op, const Tensor& zero,
                                      std::int64_t entries) {
  std::vector<std::int32_t> out(static_cast<std::size_t>(entries), 0);
  if (!zero) return out;
  const Tensor row = zero.in_order(Order::row_major);
  for_type(op, zero.dtype(), Types<std::uint8_t, std::int8_t>{}, [&](auto type) {
    const auto* in = row.data<decltype(type)>();
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = in[row.elements() == 1 ? 0 : i];
  });
  return out;
}

}  // namespace burin
