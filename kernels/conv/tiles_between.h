// What the other units do between the steps of products: the block before is finished, and the source
// of the next window is fetched to L2, some lines a step.
#pragma once

#include "kernels/micro/parts.h"
#include "kernels/tiles/finish.h"

namespace burin::kernels {
namespace {

// Lines of the source that the next window will stage.
struct TilesAhead {
  const std::byte* first = nullptr;
  std::int64_t bytes = 0;
};

template <class E>
class TilesBetween {
 public:
  TilesBetween(TileFinish<E>& finish, const TilesAhead& ahead, std::int64_t steps) noexcept
      : finish_(finish), at_(ahead.first), end_(ahead.first + ahead.bytes) {
    lines_ =
        ahead.bytes == 0 ? 0 : static_cast<int>(ceil_div(ahead.bytes / 64, at_least(1, steps)));
  }
  [[gnu::always_inline]] void operator()() noexcept {
    finish_();
    if (at_ >= end_) return;
    for (int i = 0; i < lines_; ++i) __builtin_prefetch(at_ + i * 64, 0, 2);
    at_ += lines_ * 64;
  }

 private:
  TileFinish<E>& finish_;
  const std::byte *at_, *end_;
  int lines_;
};

}  // namespace
}  // namespace burin::kernels
