#include "engine/ops/pool_shape.h"

#include <limits>
#include <string>

#include "engine/error.h"

namespace burin {
namespace {

constexpr std::int64_t largest = std::numeric_limits<int>::max();
// f32 counts the taps of a mean exactly up to here.
constexpr std::int64_t most_taps = 1 << 24;

void check_axis(std::string_view op, const kernels::PoolShape& s, std::size_t axis) {
  const auto text = [](int v) { return std::to_string(v); };
  if (s.kernel[axis] < 1) throw Error(std::string(op), "a kernel >= 1", text(s.kernel[axis]));
  if (s.stride[axis] < 1) throw Error(std::string(op), "a stride >= 1", text(s.stride[axis]));
  for (const int pad : {s.pad_begin[axis], s.pad_end[axis]})
    if (pad < 0 || pad >= s.kernel[axis])
      throw Error(std::string(op), "padding >= 0 and < kernel " + text(s.kernel[axis]), text(pad));
  const std::int64_t room =
      std::int64_t{s.in[axis]} + s.pad_begin[axis] + s.pad_end[axis] - s.kernel[axis];
  if (room < 0)
    throw Error(std::string(op), "an image that holds a window of " + text(s.kernel[axis]),
                text(s.in[axis]));
  if (room + s.kernel[axis] > largest)
    throw Error(std::string(op), "a padded size below 2^31", text(s.in[axis]));
}

}  // namespace

std::array<int, 3> image_size(std::string_view op, const Shape& shape) {
  if (shape.rank() < 3 || shape.rank() > 5)
    throw Error(std::string(op), "an image [n,c,(d),(h),w]", shape.text());
  std::array<int, 3> size{1, 1, 1};
  for (int axis = 2; axis < shape.rank(); ++axis) {
    if (shape[axis] < 1 || shape[axis] > largest)
      throw Error(std::string(op), "sizes of 1 to 2^31 - 1", shape.text());
    size[static_cast<std::size_t>(axis + 3 - shape.rank())] = static_cast<int>(shape[axis]);
  }
  return size;
}

kernels::PoolShape pool_shape(const Shape& x, const PoolAttributes& attributes) {
  return {.batch = x.batch(),
          .channels = static_cast<int>(x.channels()),
          .in = image_size("pool", x),
          .kernel = attributes.kernel,
          .stride = attributes.stride,
          .pad_begin = attributes.pad_begin,
          .pad_end = attributes.pad_end,
          .count_padding = attributes.count_padding};
}

Shape infer_pool(std::string_view op, std::span<const Shape> inputs, const Attributes& attributes) {
  const Shape& x = inputs[0];
  static_cast<void>(image_size(op, x));
  const kernels::PoolShape s = pool_shape(x, std::get<PoolAttributes>(attributes));
  std::int64_t taps = 1;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    check_axis(op, s, axis);
    taps *= s.kernel[axis];
    if (taps > most_taps)
      throw Error(std::string(op), "a window of up to 16777216 taps", std::to_string(taps));
  }
  Shape y = x;
  for (int axis = 2; axis < x.rank(); ++axis) y = y.with(axis, s.out(axis + 3 - x.rank()));
  for (int axis = 0; axis < 5 - x.rank(); ++axis)
    if (s.out(axis) != 1)
      throw Error(std::string(op), "attributes on the axes of the image", x.text());
  return y;
}

kernels::PoolArgs pool_args(const kernels::PoolShape& shape, const Tensor& source,
                            const Tensor& target, void* index) {
  return {.shape = shape,
          .source = source.data(),
          .source_pixel = source.pixel_stride(),
          .target = target.data(),
          .target_pixel = target.pixel_stride(),
          .index = index};
}

kernels::PoolArgsBf16 pool_args_bf16(const kernels::PoolShape& shape, const Tensor& source,
                                     const Tensor& target) {
  return {.shape = shape,
          .source = source.data<std::uint16_t>(),
          .source_pixel = source.pixel_stride(),
          .target = target.data<std::uint16_t>(),
          .target_pixel = target.pixel_stride()};
}

}  // namespace burin
