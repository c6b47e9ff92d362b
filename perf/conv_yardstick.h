// The rival of perf/conv: oneDNN's direct algorithm with its own preferred layouts.
#pragma once

#include <memory>
#include <vector>

#include "kernels/conv/conv.h"

namespace burin::perf {

enum class Pass { forward, data, weight };

class Yardstick {
 public:
  virtual ~Yardstick() = default;
  virtual void run() = 0;
  // What run() computed, channels last, or the layout of the weights in files.
  [[nodiscard]] virtual std::vector<float> result() = 0;
};

// Channels-last x and dy, w as in files, all f32; they are copied into oneDNN's layouts, and where
// the shape's source is bf16 into that type, here, untimed. Null
// when this build has no oneDNN or oneDNN does not serve the shape.
[[nodiscard]] std::unique_ptr<Yardstick> make_yardstick(Pass pass, const kernels::ConvShape& shape,
                                                        const float* x, const float* dy,
                                                        const float* w);

}  // namespace burin::perf
