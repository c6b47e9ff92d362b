// Guarded rows of pixels for tests of kernels that walk them.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <vector>

#include "kernels/elementwise/rows.h"
#include "tests/support/guarded_buffer.h"
#include "tests/support/random.h"

namespace burin::test {

// pixels x channels numbers, `gap` numbers between rows, none after the last. Gaps of an output
// hold a mark that must survive; memory ends at a page that faults or at guard bytes, in turn.
class Rows {
 public:
  static constexpr float mark = 12345.0f;

  Rows(kernels::Extent e, std::int64_t gap, Guard guard)
      : extent_(e),
        stride_(e.channels + gap),
        buffer_(std::make_unique<GuardedBuffer<float>>(
            static_cast<std::size_t>(e.pixels == 0 ? 0 : (e.pixels - 1) * stride_ + e.channels),
            guard)) {
    for (float& v : buffer_->span()) v = mark;
  }
  static Rows random(kernels::Extent e, std::int64_t gap, Guard guard, Random& numbers,
                     float range = 3.0f) {
    Rows out(e, gap, guard);
    out.each([&](float& v) { v = range * numbers.real(); });
    return out;
  }

  template <class F>
  void each(const F& f) {
    for (std::int64_t p = 0; p < extent_.pixels; ++p)
      for (std::int64_t c = 0; c < extent_.channels; ++c) f(buffer_->data()[p * stride_ + c]);
  }
  kernels::In in() { return {buffer_->data(), stride_}; }
  kernels::Out out() { return {buffer_->data(), stride_}; }
  kernels::Operand operand() { return {buffer_->data(), stride_, 1}; }

  std::vector<float> numbers() {
    std::vector<float> out;
    each([&](float& v) { out.push_back(v); });
    return out;
  }
  // Guard bytes and gaps are as they were.
  bool intact() {
    if (!buffer_->intact()) return false;
    for (std::int64_t i = 0; i < static_cast<std::int64_t>(buffer_->size()); ++i)
      if (i % stride_ >= extent_.channels && buffer_->data()[i] != mark) return false;
    return true;
  }

 private:
  kernels::Extent extent_;
  std::int64_t stride_;
  std::unique_ptr<GuardedBuffer<float>> buffer_;
};

// Largest |got - want| / max(|want|, floor): a relative error that does not blow up near 0; infinite
// where a number is NaN.
inline double worst_relative(const std::vector<float>& got, const std::vector<float>& want,
                             double floor) {
  if (got.size() != want.size()) return INFINITY;
  double worst = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    const double g = got[i], w = want[i];
    const double d = std::abs(g - w) / std::max(std::abs(w), floor);
    if (std::isnan(d)) return INFINITY;
    worst = std::max(worst, d);
  }
  return worst;
}

struct Case {
  kernels::Extent extent;
  std::int64_t gap;
  Guard guard;
};

// Channels 0..70 by pixels 1..18, dense and with gaps, ending at guard bytes and at a faulting
// page.
template <class F>
void each_case(const F& f) {
  for (std::int64_t channels = 0; channels <= 70; ++channels)
    for (const std::int64_t gap : {0, 3})
      for (const Guard guard : {Guard::bytes, Guard::end_page})
        f(Case{{1 + channels * 7 % 18, channels}, gap, guard});
}

}  // namespace burin::test
