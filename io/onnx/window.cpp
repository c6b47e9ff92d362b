#include "io/onnx/window.h"

#include <algorithm>

namespace burin {
namespace {

constexpr std::int64_t largest = 1 << 24;  // what the engine takes

int small(const ImportContext& c, std::int64_t value, std::string_view name, std::int64_t least) {
  if (value < least || value > largest)
    c.refuse(std::string(name) + " of " + std::to_string(value));
  return static_cast<int>(value);
}

void read_pads(ImportContext& c, OnnxWindow& window, int rank) {
  const auto pads = c.integers("pads");
  if (!pads) return;
  const int spatial = rank - 2;
  if (static_cast<int>(pads->size()) != 2 * spatial)
    c.refuse("pads of " + std::to_string(pads->size()) + " numbers");
  for (int i = 0; i < spatial; ++i) {
    const auto begin = static_cast<std::size_t>(i), end = static_cast<std::size_t>(i + spatial);
    window.pad_begin[window_axis(i, rank)] = small(c, (*pads)[begin], "pads", 0);
    window.pad_end[window_axis(i, rank)] = small(c, (*pads)[end], "pads", 0);
  }
}

// As much padding as makes ceil(in / stride) results; the odd one behind, or in front for LOWER.
void pad_to_same(OnnxWindow& window, const Shape& x) {
  for (int i = 0; i < x.rank() - 2; ++i) {
    const std::size_t axis = window_axis(i, x.rank());
    const std::int64_t in = x[i + 2], stride = window.stride[axis];
    const std::int64_t results = (in + stride - 1) / stride;
    const std::int64_t total =
        std::max<std::int64_t>(0, (results - 1) * stride + window.reach(axis) - in);
    const std::int64_t less = total / 2, more = total - less;
    const bool upper = window.auto_pad == "SAME_UPPER";
    window.pad_begin[axis] = static_cast<int>(upper ? less : more);
    window.pad_end[axis] = static_cast<int>(upper ? more : less);
  }
}

}  // namespace

std::array<int, 3> spatial_attribute(ImportContext& c, std::string_view name, int rank,
                                     int fallback) {
  std::array<int, 3> out{1, 1, 1};
  for (int i = 0; i < rank - 2; ++i) out[window_axis(i, rank)] = fallback;
  const auto written = c.integers(name);
  if (!written) return out;
  if (static_cast<int>(written->size()) != rank - 2)
    c.refuse(std::string(name) + " of " + std::to_string(written->size()) + " numbers for " +
             std::to_string(rank - 2) + " spatial axes");
  for (int i = 0; i < rank - 2; ++i)
    out[window_axis(i, rank)] = small(c, (*written)[static_cast<std::size_t>(i)], name, 0);
  return out;
}

OnnxWindow read_window(ImportContext& c, const Shape& x, std::span<const std::int64_t> kernel) {
  const int rank = x.rank();
  if (rank < 3 || rank > 5) c.refuse("x of " + std::to_string(rank) + " axes");
  OnnxWindow window;
  if (c.has_attribute("kernel_shape")) {
    window.kernel = spatial_attribute(c, "kernel_shape", rank, 1);
  } else if (kernel.empty()) {
    c.refuse("kernel_shape is missing");
  } else {
    if (static_cast<int>(kernel.size()) != rank - 2) c.refuse("a weight of another rank than x");
    for (int i = 0; i < rank - 2; ++i)
      window.kernel[window_axis(i, rank)] =
          small(c, kernel[static_cast<std::size_t>(i)], "kernel", 1);
  }
  window.stride = spatial_attribute(c, "strides", rank, 1);
  window.dilation = spatial_attribute(c, "dilations", rank, 1);
  for (std::size_t axis = 0; axis < 3; ++axis)
    if (std::int64_t{window.dilation[axis]} * (window.kernel[axis] - 1) >= largest)
      c.refuse("kernel and dilation that reach 16777216 and more");
  window.auto_pad = c.text("auto_pad", "NOTSET");
  if (window.auto_pad.empty()) window.auto_pad = "NOTSET";
  if (window.auto_pad == "SAME_UPPER" || window.auto_pad == "SAME_LOWER") {
    c.ignore({"pads"});
    pad_to_same(window, x);
  } else if (window.auto_pad == "NOTSET") {
    read_pads(c, window, rank);
  } else if (window.auto_pad == "VALID") {
    c.ignore({"pads"});
  } else {
    c.refuse("auto_pad " + window.auto_pad);
  }
  return window;
}

}  // namespace burin
