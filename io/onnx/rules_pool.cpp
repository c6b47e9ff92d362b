// MaxPool, AveragePool, LpPool and global forms.
#include <utility>

#include "engine/ops/all_ops.h"
#include "io/onnx/rules.h"
#include "io/onnx/window.h"

namespace burin {
namespace {

// ceil_mode rounds the number of windows up, but a last window that would start behind x and its
// first pads is left out. Returns how far the last window reaches beyond the pads of the end.
std::array<int, 3> reach_beyond(const OnnxWindow& window, const Shape& x) {
  std::array<int, 3> beyond{0, 0, 0};
  for (int i = 0; i < x.rank() - 2; ++i) {
    const std::size_t axis = window_axis(i, x.rank());
    const std::int64_t stride = window.stride[axis];
    const std::int64_t front = x[i + 2] + window.pad_begin[axis];
    const std::int64_t room = front + window.pad_end[axis] - window.reach(axis);
    if (stride < 1 || room < 0 || room % stride == 0) continue;
    const std::int64_t last = room / stride + 1;  // the window that ceil adds
    if (last * stride < front) beyond[axis] = static_cast<int>(last * stride - room);
  }
  return beyond;
}

PoolAttributes pool_attributes(const OnnxWindow& window) {
  return {.kernel = window.kernel,
          .stride = window.stride,
          .pad_begin = window.pad_begin,
          .pad_end = window.pad_end};
}

bool dilated(const OnnxWindow& window) { return window.dilation != std::array<int, 3>{1, 1, 1}; }

void import_max_pool(ImportContext& c) {
  const int x = c.operand(0);
  const bool by_column = c.integer("storage_order", 0) != 0;  // of the indices
  const OnnxWindow window = read_window(c, c.shape(x));
  PoolAttributes a = pool_attributes(window);
  if (c.integer("ceil_mode", 0) != 0) {
    const auto beyond = reach_beyond(window, c.shape(x));
    for (std::size_t axis = 0; axis < 3; ++axis) a.pad_end[axis] += beyond[axis];
  }
  if (c.type(x) == DType::f32 && !dilated(window))
    c.set(0, c.add(max_pool_op, {x}, a));
  else
    c.set(0, c.add(dilated_max_pool_op, {x}, DilatedPoolAttributes{a, window.dilation}));
  if (!c.wants(1)) return;
  const PoolResult places = by_column ? PoolResult::places_by_column : PoolResult::places;
  c.set(1, c.add(dilated_max_pool_op, {x}, DilatedPoolAttributes{a, window.dilation, places}));
}

// Zeros around x, so that what lies beyond them need not count.
int padded(ImportContext& c, int x, const OnnxWindow& window) {
  PadAttributes pads;
  const int rank = c.shape(x).rank();
  for (int i = 0; i < rank - 2; ++i) {
    const auto axis = static_cast<std::size_t>(i + 2);
    pads.begin[axis] = window.pad_begin[window_axis(i, rank)];
    pads.end[axis] = window.pad_end[window_axis(i, rank)];
  }
  return c.add(pad_op, {x}, pads);
}

int ones(ImportContext& c, std::vector<std::int64_t> sizes) {
  return c.add(expand_op, {add_scalar(c, DType::f32, 1)}, ShapeAttributes{std::move(sizes)});
}

// Sums over windows: a depthwise convolution with ones.
int window_sums(ImportContext& c, int x, const OnnxWindow& window) {
  const Shape shape = c.shape(x);
  std::vector<std::int64_t> sizes{shape[1], 1};
  for (int i = 0; i < shape.rank() - 2; ++i)
    sizes.push_back(window.kernel[window_axis(i, shape.rank())]);
  return c.add(conv_op, {x, ones(c, std::move(sizes)), -1},
               ConvAttributes{.kernel = window.kernel,
                              .stride = window.stride,
                              .dilation = window.dilation,
                              .pad_begin = window.pad_begin,
                              .pad_end = window.pad_end,
                              .groups = static_cast<int>(shape[1])});
}

// Windows with gaps: sums divided by how many numbers each window holds.
int dilated_average(ImportContext& c, int x, OnnxWindow window, bool count_padding,
                    const std::array<int, 3>& beyond) {
  const Shape shape = c.shape(x);
  OnnxWindow counted = window;
  std::vector<std::int64_t> sizes{1, 1};
  for (int i = 0; i < shape.rank() - 2; ++i) {
    const std::size_t axis = window_axis(i, shape.rank());
    const int pads = window.pad_begin[axis] + window.pad_end[axis];
    sizes.push_back(shape[i + 2] + (count_padding ? pads : 0));
    if (count_padding) counted.pad_begin[axis] = counted.pad_end[axis] = 0;
    window.pad_end[axis] += beyond[axis];
    counted.pad_end[axis] += beyond[axis];
  }
  const int counts = window_sums(c, ones(c, std::move(sizes)), counted);
  return c.add(binary_op, {window_sums(c, x, window), counts}, BinaryAttributes{Binary::divide});
}

void import_average_pool(ImportContext& c) {
  int x = c.f32(0);
  const OnnxWindow window = read_window(c, c.shape(x));
  PoolAttributes a = pool_attributes(window);
  a.count_padding = c.integer("count_include_pad", 0) != 0;
  const auto beyond = c.integer("ceil_mode", 0) != 0 ? reach_beyond(window, c.shape(x))
                                                     : std::array<int, 3>{0, 0, 0};
  if (dilated(window)) return c.set(0, dilated_average(c, x, window, a.count_padding, beyond));
  if (beyond != std::array<int, 3>{0, 0, 0} && a.count_padding) {
    x = padded(c, x, window);
    a.pad_begin = a.pad_end = {0, 0, 0};
    a.count_padding = false;
  }
  for (std::size_t axis = 0; axis < 3; ++axis) a.pad_end[axis] += beyond[axis];
  c.set(0, c.add(average_pool_op, {x}, a));
}

// (sum of |x|^p)^(1/p) over windows
void import_lp_pool(ImportContext& c) {
  int x = c.f32(0);
  const std::int64_t p = c.integer("p", 2);
  if (p < 1) c.refuse("p " + std::to_string(p));
  OnnxWindow window = read_window(c, c.shape(x));
  if (c.integer("ceil_mode", 0) != 0) {
    const auto beyond = reach_beyond(window, c.shape(x));
    for (std::size_t axis = 0; axis < 3; ++axis) window.pad_end[axis] += beyond[axis];
  }
  const auto power = [&](int base, double exponent) {
    return c.add(binary_op, {base, add_scalar(c, DType::f32, exponent)},
                 BinaryAttributes{Binary::power});
  };
  x = c.add(unary_op, {x}, UnaryAttributes{Unary::absolute});
  const auto exponent = static_cast<double>(p);
  c.set(0, power(window_sums(c, power(x, exponent), window), 1.0 / exponent));
}

void import_global_average_pool(ImportContext& c) {
  c.set(0, c.add(global_average_pool_op, {c.f32(0)}));
}

void import_global_max_pool(ImportContext& c) {
  const int x = c.f32(0);
  const Shape& shape = c.shape(x);
  if (shape.rank() < 3 || shape.rank() > 5 || shape.spatial() > 1 << 24)
    c.refuse("x of " + shape.text());
  PoolAttributes a;
  for (int i = 0; i < shape.rank() - 2; ++i)
    a.kernel[window_axis(i, shape.rank())] = static_cast<int>(shape[i + 2]);
  c.set(0, c.add(max_pool_op, {x}, a));
}

constexpr OnnxRule rules[] = {
    {"AveragePool", import_average_pool},
    {"GlobalAveragePool", import_global_average_pool},
    {"GlobalMaxPool", import_global_max_pool},
    {"LpPool", import_lp_pool},
    {"MaxPool", import_max_pool},
};

}  // namespace

std::span<const OnnxRule> onnx_rules_pool() { return rules; }

}  // namespace burin
