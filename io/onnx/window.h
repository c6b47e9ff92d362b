// Kernel, stride, dilation and padding as ONNX writes them: lists over the spatial axes, or auto_pad.
#pragma once

#include <array>

#include "io/onnx/rule.h"

namespace burin {

// Axes d,h,w as in engine/autograd/attributes.h; axes that x has not are 1,1,1,0,0.
struct OnnxWindow {
  std::array<int, 3> kernel{1, 1, 1}, stride{1, 1, 1}, dilation{1, 1, 1}, pad_begin{0, 0, 0},
      pad_end{0, 0, 0};
  std::string auto_pad;  // "NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"

  [[nodiscard]] int reach(std::size_t axis) const {
    return dilation[axis] * (kernel[axis] - 1) + 1;
  }
};

// Place in d,h,w of spatial axis i of an image of this rank.
[[nodiscard]] inline std::size_t window_axis(int i, int rank) {
  return static_cast<std::size_t>(i + 5 - rank);
}

// Sizes of 0..2^24 for the spatial axes of an image of this rank, `fallback` where the attribute is
// absent. Refuses another count of them.
[[nodiscard]] std::array<int, 3> spatial_attribute(ImportContext& c, std::string_view name,
                                                   int rank, int fallback);

// Reads kernel_shape (else `kernel`, the spatial sizes of a weight), strides, dilations, pads and
// auto_pad. SAME is worked out for a window that walks over `x`. Refuses x unless it has 1 to 3
// spatial axes.
[[nodiscard]] OnnxWindow read_window(ImportContext& c, const Shape& x,
                                     std::span<const std::int64_t> kernel = {});

}  // namespace burin
