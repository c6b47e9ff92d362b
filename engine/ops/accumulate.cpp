#include "engine/autograd/accumulate.h"

#include <cassert>

#include "engine/ops/row_walk.h"
#include "kernels/elementwise/elementwise.h"

namespace burin {

void accumulate(Tensor& into, const Tensor& gradient) {
  assert(into.shape() == gradient.shape());
  const bool as_it_lies =
      into.layout().is_channels_last() ||
      (into.layout().is_dense() && into.layout().same_strides(gradient.layout()));
  // Where the walk takes `into` as it lies and nobody else sees its numbers, they become the sum.
  const bool own = into.storage().use_count() == 1 && as_it_lies;
  RowWalk walk("accumulate", {into, gradient});
  const Tensor fresh = own ? Tensor() : walk.output();
  walk.each([&](const Block& b, std::int64_t) {
    kernels::elementwise().pointwise.add(b.extent, walk.operand(0, b), walk.operand(1, b),
                                         walk.out(own ? 0 : 2, b), {});
  });
  if (!own) into = fresh;
}

}  // namespace burin
