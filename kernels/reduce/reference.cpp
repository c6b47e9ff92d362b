#include "kernels/reduce/tables.h"

namespace burin::kernels {
namespace {

double sum(Extent e, In x) noexcept {
  double total = 0;
  for (std::int64_t p = 0; p < e.pixels; ++p)
    for (std::int64_t c = 0; c < e.channels; ++c)
      total += static_cast<double>(x.data[p * x.stride + c]);
  return total;
}

void over_pixels(Extent e, In x, double* sums) noexcept {
  for (std::int64_t p = 0; p < e.pixels; ++p)
    for (std::int64_t c = 0; c < e.channels; ++c)
      sums[c] += static_cast<double>(x.data[p * x.stride + c]);
}

void over_channels(Extent e, In x, float factor, float* sums) noexcept {
  for (std::int64_t p = 0; p < e.pixels; ++p)
    sums[p] = static_cast<float>(static_cast<double>(factor) *
                                 sum({1, e.channels}, {x.data + p * x.stride, 0}));
}

}  // namespace

constinit const ReduceKernels reduce_reference{"reduce_reference", Isa::reference, sum, over_pixels,
                                               over_channels};

}  // namespace burin::kernels
