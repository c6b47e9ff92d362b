#include "tests/engine/op_rows.h"

#include <cmath>

namespace burin::test {

std::vector<OpRow>& op_rows() {
  static std::vector<OpRow> rows;
  return rows;
}

namespace {

Tensor make_input(const OpRow& row, std::size_t i, const Shape& shape, Random& random) {
  if (row.make)
    if (Tensor made = row.make(i, shape, random)) return made;
  std::vector<float> numbers = random.reals(static_cast<std::size_t>(shape.elements()));
  for (float& v : numbers) v = std::copysign(0.05f + 0.95f * std::abs(v), v);
  return Tensor::from(shape, numbers, shape.rank() > 2 ? Order::channels_last : Order::row_major);
}

}  // namespace

std::vector<Tensor> make_inputs(const OpRow& row, const Inputs& shapes, std::uint64_t seed) {
  Random random(seed);
  std::vector<Tensor> out;
  for (std::size_t i = 0; i < shapes.size(); ++i)
    out.push_back(shapes[i] ? make_input(row, i, *shapes[i], random) : Tensor());
  return out;
}

}  // namespace burin::test
