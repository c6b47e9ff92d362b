// Channels-last pixels in guarded memory: as a source (an over-read faults) or as a target whose
// gaps between channel slices must stay untouched.
#pragma once

#include <cstdint>
#include <vector>

#include "tests/support/guarded_buffer.h"
#include "tests/support/random.h"

namespace burin::test {

class Pixels {
 public:
  static constexpr float gap = -12345.0f;

  // `extra` numbers lie between the channels of one pixel and the next; none after the last.
  Pixels(std::int64_t pixels, int channels, int extra, Guard guard)
      : pixels_(pixels),
        channels_(channels),
        stride_(channels + extra),
        memory_(static_cast<std::size_t>((pixels - 1) * stride_ + channels), guard) {
    for (float& v : memory_.span()) v = gap;
  }
  float* data() { return memory_.data(); }
  std::int64_t stride() const { return stride_; }

  void fill(const std::vector<float>& dense) {
    for (std::int64_t p = 0; p < pixels_; ++p)
      for (int c = 0; c < channels_; ++c)
        data()[p * stride_ + c] = dense[static_cast<std::size_t>(p * channels_ + c)];
  }
  std::vector<float> dense() {
    std::vector<float> out;
    for (std::int64_t p = 0; p < pixels_; ++p)
      out.insert(out.end(), data() + p * stride_, data() + p * stride_ + channels_);
    return out;
  }
  // Neither the guards nor the gaps were written.
  bool intact() {
    for (std::int64_t p = 0; p + 1 < pixels_; ++p)
      for (std::int64_t c = channels_; c < stride_; ++c)
        if (data()[p * stride_ + c] != gap) return false;
    return memory_.intact();
  }

 private:
  std::int64_t pixels_;
  int channels_;
  std::int64_t stride_;
  GuardedBuffer<float> memory_;
};

}  // namespace burin::test
