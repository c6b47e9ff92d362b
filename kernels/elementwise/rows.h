// What element-wise and reduction kernels see of a tensor: `pixels` rows of `channels` numbers,
// each operand with its own distance between rows. A dense tensor is any factorization of its
// element count.
#pragma once

#include <cstdint>

namespace burin::kernels {

struct Extent {
  std::int64_t pixels = 0, channels = 0;
};

// x[p*stride + c]
struct In {
  const float* data = nullptr;
  std::int64_t stride = 0;
};

struct Out {
  float* data = nullptr;
  std::int64_t stride = 0;
};

// x[p*stride + c*step]: stride 0 repeats one row for every pixel, step 0 one number for every
// channel.
struct Operand {
  const float* data = nullptr;
  std::int64_t stride = 0;
  std::int64_t step = 1;  // 0 or 1
};

}  // namespace burin::kernels
