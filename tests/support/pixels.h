// Channels-last pixels in guarded memory: as a source (an over-read faults) or as a target whose
// gaps between channel slices must stay untouched.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/bf16.h"
#include "tests/support/guarded_buffer.h"
#include "tests/support/random.h"

namespace burin::test {

// Numbers are float, or std::uint16_t for the bits of bf16.
template <class Number = float>
class Pixels {
 public:
  static constexpr float gap = -12352.0f;  // the same in bf16

  // `extra` numbers lie between the channels of one pixel and the next; none after the last.
  Pixels(std::int64_t pixels, int channels, int extra, Guard guard)
      : pixels_(pixels),
        channels_(channels),
        stride_(channels + extra),
        memory_(static_cast<std::size_t>((pixels - 1) * stride_ + channels), guard) {
    for (Number& v : memory_.span()) kernels::set_number(v, gap);
  }
  Number* data() { return memory_.data(); }
  std::int64_t stride() const { return stride_; }

  void fill(const std::vector<float>& dense) {
    for (std::int64_t p = 0; p < pixels_; ++p)
      for (int c = 0; c < channels_; ++c)
        kernels::set_number(data()[p * stride_ + c],
                            dense[static_cast<std::size_t>(p * channels_ + c)]);
  }
  std::vector<float> dense() {
    std::vector<float> out;
    for (std::int64_t p = 0; p < pixels_; ++p)
      for (int c = 0; c < channels_; ++c)
        out.push_back(kernels::number_of(data()[p * stride_ + c]));
    return out;
  }
  // Neither the guards nor the gaps were written.
  bool intact() {
    for (std::int64_t p = 0; p + 1 < pixels_; ++p)
      for (std::int64_t c = channels_; c < stride_; ++c)
        if (kernels::number_of(data()[p * stride_ + c]) != gap) return false;
    return memory_.intact();
  }

 private:
  std::int64_t pixels_;
  int channels_;
  std::int64_t stride_;
  GuardedBuffer<Number> memory_;
};

}  // namespace burin::test
