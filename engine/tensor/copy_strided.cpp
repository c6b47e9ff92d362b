#include "engine/tensor/copy_strided.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "engine/runtime/workers.h"
#include "kernels/move/move.h"

namespace burin {
namespace {

constexpr std::int64_t chunk = std::int64_t{1} << 16;  // elements of one task
constexpr std::int64_t piece = 64;                     // columns of one block

struct Axis {
  std::int64_t size = 1, in = 0, out = 0;  // steps in elements
};

// Axes larger than 1, longest step of the result first; neighbours that walk on together are one.
std::vector<Axis> axes_of(const Layout& from, const Layout& to) {
  std::vector<Axis> axes, joined;
  for (int axis = 0; axis < from.shape().rank(); ++axis)
    if (from.shape()[axis] > 1)
      axes.push_back({from.shape()[axis], from.stride(axis), to.stride(axis)});
  std::ranges::stable_sort(axes, std::ranges::greater{}, &Axis::out);
  for (const Axis& axis : axes) {
    const bool goes_on = !joined.empty() && joined.back().in == axis.in * axis.size &&
                         joined.back().out == axis.out * axis.size;
    if (goes_on)
      joined.back() = {joined.back().size * axis.size, axis.in, axis.out};
    else
      joined.push_back(axis);
  }
  return joined;
}

// Blocks of `columns` x `row`, at each index of the axes that are left.
struct Plan {
  std::vector<Axis> outer;
  Axis columns, row;   // row: the shortest steps of the result
  bool turns = false;  // the source is dense along the columns, the result along the row
};

Plan plan_of(const Layout& from, const Layout& to) {
  Plan plan{.outer = axes_of(from, to), .columns = {}, .row = {}};
  if (plan.outer.empty()) return plan;
  plan.row = plan.outer.back();
  plan.outer.pop_back();
  const auto dense = std::ranges::find(plan.outer, 1, &Axis::in);
  plan.turns = plan.row.in != 1 && plan.row.out == 1 && dense != plan.outer.end();
  if (plan.outer.empty()) return plan;
  const auto columns = plan.turns ? dense : plan.outer.end() - 1;
  plan.columns = *columns;
  plan.outer.erase(columns);
  return plan;
}

template <class E>
void copy_elements(const Plan& plan, std::int64_t columns, const void* from, void* to) {
  const E* in = static_cast<const E*>(from);
  E* out = static_cast<E*>(to);
  for (std::int64_t c = 0; c < columns; ++c)
    for (std::int64_t i = 0; i < plan.row.size; ++i)
      out[c * plan.columns.out + i * plan.row.out] = in[c * plan.columns.in + i * plan.row.in];
}

void copy_block(const Plan& plan, std::int64_t columns, std::size_t width, const std::byte* from,
                std::byte* to) {
  const auto bytes = static_cast<std::int64_t>(width);
  if (plan.turns)
    return kernels::move().transpose(plan.row.size, columns, width, from, plan.row.in, to,
                                     plan.columns.out);
  if (plan.row.in == 1 && plan.row.out == 1)
    return kernels::move().copy(columns, plan.row.size * bytes, from, plan.columns.in * bytes, to,
                                plan.columns.out * bytes);
  switch (width) {
    case 1:
      return copy_elements<std::uint8_t>(plan, columns, from, to);
    case 2:
      return copy_elements<std::uint16_t>(plan, columns, from, to);
    case 4:
      return copy_elements<std::uint32_t>(plan, columns, from, to);
    default:
      return copy_elements<std::uint64_t>(plan, columns, from, to);
  }
}

}  // namespace

void copy_strided(const Tensor& from, const Tensor& to) {
  assert(from.shape() == to.shape() && from.dtype() == to.dtype() && from.elements() > 0);
  const Plan plan = plan_of(from.layout(), to.layout());
  const std::size_t width = size_of(from.dtype());
  const std::int64_t bytes = static_cast<std::int64_t>(width);
  const std::byte* in = from.storage()->data() + from.layout().offset() * bytes;
  std::byte* out = to.storage()->data() + to.layout().offset() * bytes;
  const std::int64_t pieces = (plan.columns.size + piece - 1) / piece;
  const std::int64_t block = std::min(plan.columns.size, piece) * plan.row.size;
  const auto blocks = [&](std::int64_t first, std::int64_t last, int) {
    for (std::int64_t index = first; index < last; ++index) {
      const std::int64_t column = index % pieces * piece;
      std::int64_t rest = index / pieces;
      std::int64_t source = column * plan.columns.in, target = column * plan.columns.out;
      for (std::size_t i = plan.outer.size(); i-- > 0;) {
        const Axis& axis = plan.outer[i];
        source += rest % axis.size * axis.in;
        target += rest % axis.size * axis.out;
        rest /= axis.size;
      }
      copy_block(plan, std::min(piece, plan.columns.size - column), width, in + source * bytes,
                 out + target * bytes);
    }
  };
  const std::int64_t count = from.elements() / (plan.columns.size * plan.row.size) * pieces;
  runtime::parallel_for(count, std::max<std::int64_t>(1, chunk / block), blocks);
}

}  // namespace burin
