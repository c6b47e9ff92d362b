#include "engine/tensor/copy.h"

#include <algorithm>
#include <cassert>

#include "engine/runtime/workers.h"
#include "engine/tensor/copy_strided.h"
#include "kernels/move/move.h"

namespace burin {
namespace {

constexpr std::int64_t chunk = std::int64_t{1} << 16;  // elements of one task

std::int64_t width_of(const Tensor& t) { return static_cast<std::int64_t>(size_of(t.dtype())); }

std::byte* start_of(const Tensor& t) {
  return t.storage()->data() + t.layout().offset() * width_of(t);
}

// Both channels last: pixels are rows of memory.
void copy_pixels(const Tensor& from, const Tensor& to) {
  const std::int64_t channels = from.shape().channels(), width = width_of(from);
  const std::byte* in = start_of(from);
  std::byte* out = start_of(to);
  const std::int64_t in_step = from.pixel_stride() * width, out_step = to.pixel_stride() * width;
  runtime::parallel_for(from.elements() / channels, std::max<std::int64_t>(1, chunk / channels),
                        [=](std::int64_t first, std::int64_t last, int) {
                          kernels::move().copy(last - first, channels * width, in + first * in_step,
                                               in_step, out + first * out_step, out_step);
                        });
}

void copy_dense(const Tensor& from, const Tensor& to) {
  const std::int64_t width = width_of(from);
  const std::byte* in = start_of(from);
  std::byte* out = start_of(to);
  runtime::parallel_for(from.elements(), chunk, [=](std::int64_t first, std::int64_t last, int) {
    const std::int64_t bytes = (last - first) * width;
    kernels::move().copy(1, bytes, in + first * width, 0, out + first * width, 0);
  });
}

// One row major, the other channels last: every image is a transpose of [channels][pixels].
void copy_transposed(const Tensor& from, const Tensor& to) {
  const Shape& shape = from.shape();
  const std::int64_t channels = shape.channels(), pixels = shape.spatial(), width = width_of(from);
  const bool planes_in = from.layout().is_row_major();
  const std::int64_t step = planes_in ? to.pixel_stride() : from.pixel_stride();
  const std::byte* in = start_of(from);
  std::byte* out = start_of(to);
  const std::int64_t block = std::max<std::int64_t>(16, chunk / channels / 16 * 16);
  const std::int64_t blocks = (pixels + block - 1) / block;
  const auto task = [=](std::int64_t index) {
    const std::int64_t image = index / blocks, first = index % blocks * block;
    const std::int64_t count = std::min(block, pixels - first);
    const std::int64_t plane = (image * channels * pixels + first) * width;
    const std::int64_t row = (image * pixels + first) * step * width;
    const auto size = static_cast<std::size_t>(width);
    if (planes_in)
      kernels::move().transpose(channels, count, size, in + plane, pixels, out + row, step);
    else
      kernels::move().transpose(count, channels, size, in + row, step, out + plane, pixels);
  };
  const std::int64_t grain =
      std::max<std::int64_t>(1, chunk / (channels * std::min(block, pixels)));
  runtime::parallel_for(shape.batch() * blocks, grain,
                        [&](std::int64_t first, std::int64_t last, int) {
                          for (std::int64_t i = first; i < last; ++i) task(i);
                        });
}

}  // namespace

void copy_numbers(const Tensor& from, const Tensor& to) {
  assert(from.shape() == to.shape() && from.dtype() == to.dtype());
  const Layout &in = from.layout(), &out = to.layout();
  const Shape& shape = from.shape();
  if (shape.elements() == 0) return;
  if (in.is_dense() && in.same_strides(out)) return copy_dense(from, to);
  if (in.is_channels_last() && out.is_channels_last() && shape.rank() > 1)
    return copy_pixels(from, to);
  if (shape.rank() > 2 && ((in.is_row_major() && out.is_channels_last()) ||
                           (in.is_channels_last() && out.is_row_major())))
    return copy_transposed(from, to);
  copy_strided(from, to);
}

}  // namespace burin
