#include "engine/ops/accumulate.h"

#include <cassert>

#include "engine/runtime/workers.h"

namespace burin {
namespace {

// out may be a. Dense, same strides.
void add_dense(const Tensor& a, const Tensor& b, const Tensor& out) {
  const float *x = a.data(), *y = b.data();
  float* sum = out.data();
  runtime::parallel_for(out.elements(), std::int64_t{1} << 15,
                        [=](std::int64_t first, std::int64_t last, int) {
                          for (std::int64_t i = first; i < last; ++i) sum[i] = x[i] + y[i];
                        });
}

}  // namespace

void accumulate(Tensor& into, const Tensor& gradient) {
  assert(into.shape() == gradient.shape());
  const bool own = into.storage().use_count() == 1 && into.layout().is_dense();
  if (!own) into = into.clone();
  if (gradient.layout().same_strides(into.layout())) return add_dense(into, gradient, into);
  const Order order = into.layout().is_channels_last() ? Order::channels_last : Order::row_major;
  add_dense(into, gradient.in_order(order), into);
}

}  // namespace burin
