#include "engine/ops/conv_shape.h"

#include <limits>
#include <string>

#include "engine/error.h"

namespace burin {
namespace {

constexpr std::int64_t largest = std::numeric_limits<int>::max();

void expect(bool holds, const char* op, const std::string& expected, const std::string& got) {
  if (!holds) throw Error(op, expected, got);
}

// Axis of ConvAttributes (d,h,w) that a logical axis (2...) of a tensor of this rank means.
std::size_t attribute_axis(int axis, int rank) { return static_cast<std::size_t>(axis + 3 - rank); }

void check_attributes(const char* op, const ConvAttributes& a) {
  for (std::size_t i = 0; i < 3; ++i) {
    expect(a.kernel[i] >= 1, op, "kernel >= 1", std::to_string(a.kernel[i]));
    expect(a.stride[i] >= 1, op, "stride >= 1", std::to_string(a.stride[i]));
    expect(a.dilation[i] >= 1, op, "dilation >= 1", std::to_string(a.dilation[i]));
    const int pad = std::min(a.pad_begin[i], a.pad_end[i]);
    expect(pad >= 0, op, "pad >= 0", std::to_string(pad));
    expect(a.output_padding[i] >= 0, op, "output_padding >= 0",
           std::to_string(a.output_padding[i]));
    const std::int64_t reach = std::int64_t{a.dilation[i]} * (a.kernel[i] - 1);
    expect(reach < (1 << 24) && a.pad_begin[i] < (1 << 24) && a.pad_end[i] < (1 << 24), op,
           "kernel, dilation and pad below 16777216", std::to_string(reach));
  }
  expect(a.groups >= 1, op, "groups >= 1", std::to_string(a.groups));
}

// Ranks, kernel sizes, groups; `in` and `out` are the channels that weight's axes 0 and 1 stand
// for.
void check_inputs(const char* op, std::span<const Shape> inputs, const ConvAttributes& a) {
  check_attributes(op, a);
  const Shape &x = inputs[0], &w = inputs[1];
  expect(x.rank() >= 3 && x.rank() <= 5, op, "x of rank 3 to 5", x.text());
  expect(w.rank() == x.rank(), op, "weight of the rank of x (" + std::to_string(x.rank()) + ")",
         w.text());
  for (int axis = 0; axis < x.rank(); ++axis)
    expect(x[axis] >= 1 && x[axis] <= largest, op, "sizes of x from 1 to 2147483647", x.text());
  for (std::size_t i = 0; i < static_cast<std::size_t>(5 - x.rank()); ++i)
    expect(a.kernel[i] == 1 && a.stride[i] == 1 && a.pad_begin[i] == 0 && a.pad_end[i] == 0, op,
           "kernel 1, stride 1 and pad 0 on the axes that x " + x.text() + " has not",
           "kernel " + std::to_string(a.kernel[i]));
  for (int axis = 2; axis < x.rank(); ++axis) {
    const int size = a.kernel[attribute_axis(axis, x.rank())];
    expect(w[axis] == size, op,
           "weight of size " + std::to_string(size) + " on axis " + std::to_string(axis), w.text());
  }
  expect(x[1] % a.groups == 0, op, "channels divisible by groups " + std::to_string(a.groups),
         x.text());
}

void check_bias(const char* op, std::span<const Shape> inputs, std::int64_t channels) {
  if (inputs.size() < 3 || inputs[2].rank() == 0) return;
  expect(inputs[2].rank() == 1 && inputs[2][0] == channels, op,
         "bias of " + std::to_string(channels) + " numbers", inputs[2].text());
}

void check_residual(const char* op, std::span<const Shape> inputs, const Shape& y) {
  if (inputs.size() < 4 || inputs[3].rank() == 0) return;
  expect(inputs[3] == y, op, "a residual of " + y.text(), inputs[3].text());
}

}  // namespace

Shape infer_conv(std::span<const Shape> inputs, const ConvAttributes& a) {
  check_inputs("conv", inputs, a);
  const Shape &x = inputs[0], &w = inputs[1];
  const std::int64_t channels = x[1] / a.groups;
  expect(w[1] == channels, "conv",
         "weight with " + std::to_string(channels) + " channels for x " + x.text() + " in " +
             std::to_string(a.groups) + " groups",
         w.text());
  expect(w[0] >= 1 && w[0] <= largest && w[0] % a.groups == 0, "conv",
         "output channels divisible by groups " + std::to_string(a.groups), w.text());
  check_bias("conv", inputs, w[0]);
  Shape y = x.with(1, w[0]);
  for (int axis = 2; axis < x.rank(); ++axis) {
    const std::size_t i = attribute_axis(axis, x.rank());
    const std::int64_t padded = x[axis] + a.pad_begin[i] + a.pad_end[i];
    const std::int64_t reach = std::int64_t{a.dilation[i]} * (a.kernel[i] - 1) + 1;
    expect(padded >= reach && padded <= largest, "conv",
           "a padded size of at least " + std::to_string(reach) + " on axis " +
               std::to_string(axis) + " of " + x.text(),
           std::to_string(padded));
    y = y.with(axis, (padded - reach) / a.stride[i] + 1);
  }
  check_residual("conv", inputs, y);
  return y;
}

Shape infer_conv_transpose(std::span<const Shape> inputs, const ConvAttributes& a) {
  const char* op = "conv_transpose";
  check_inputs(op, inputs, a);
  const Shape &x = inputs[0], &w = inputs[1];
  expect(w[0] == x[1], op, "weight for " + std::to_string(x[1]) + " input channels", w.text());
  const std::int64_t channels = w[1] * a.groups;
  expect(w[1] >= 1 && channels <= largest, op, "1 to 2147483647 output channels", w.text());
  check_bias(op, inputs, channels);
  Shape y = x.with(1, channels);
  for (int axis = 2; axis < x.rank(); ++axis) {
    const std::size_t i = attribute_axis(axis, x.rank());
    expect(a.output_padding[i] < a.stride[i], op,
           "output_padding below stride " + std::to_string(a.stride[i]),
           std::to_string(a.output_padding[i]));
    const std::int64_t size = (x[axis] - 1) * a.stride[i] - a.pad_begin[i] - a.pad_end[i] +
                              std::int64_t{a.dilation[i]} * (a.kernel[i] - 1) + 1 +
                              a.output_padding[i];
    expect(size >= 1 && size <= largest, op,
           "an output size of at least 1 on axis " + std::to_string(axis), std::to_string(size));
    y = y.with(axis, size);
  }
  check_residual(op, inputs, y);
  return y;
}

kernels::ConvShape conv_shape(const Shape& large, const Shape& small, const ConvAttributes& a) {
  kernels::ConvShape s{.batch = large[0],
                       .in_channels = static_cast<int>(large[1]),
                       .out_channels = static_cast<int>(small[1]),
                       .groups = a.groups,
                       .kernel = a.kernel,
                       .stride = a.stride,
                       .dilation = a.dilation,
                       .pad_begin = a.pad_begin,
                       .pad_end = a.pad_end};
  for (int axis = 2; axis < large.rank(); ++axis)
    s.in[attribute_axis(axis, large.rank())] = static_cast<int>(large[axis]);
  return s;
}

}  // namespace burin
