// What the other units do between the steps of products: the block before is finished, and the source
// of the next window and the weights that come next are fetched to L2, some lines a step.
#pragma once

#include "kernels/micro/parts.h"
#include "kernels/tiles/finish.h"

namespace burin::kernels {
namespace {

// Lines of memory that are wanted later.
struct TilesAhead {
  const std::byte* first = nullptr;
  std::int64_t bytes = 0;
};

// Fetches them, spread over `steps`.
class TilesFetch {
 public:
  TilesFetch() noexcept = default;
  TilesFetch(const TilesAhead& ahead, std::int64_t steps) noexcept
      : at_(ahead.first),
        end_(ahead.first + ahead.bytes),
        lines_(static_cast<int>(ceil_div(ahead.bytes / 64, at_least(1, steps)))) {}
  [[gnu::always_inline]] void operator()() noexcept {
    if (at_ >= end_) return;
    for (int i = 0; i < lines_; ++i) __builtin_prefetch(at_ + i * 64, 0, 2);
    at_ += lines_ * 64;
  }

 private:
  const std::byte *at_ = nullptr, *end_ = nullptr;
  int lines_ = 0;
};

template <class E>
class TilesBetween {
 public:
  TilesBetween(TileFinish<E>& finish, const TilesFetch& source) noexcept
      : finish_(finish), source_(source) {}
  void fetch_weights(const TilesFetch& weights) noexcept { weights_ = weights; }
  [[gnu::always_inline]] void operator()() noexcept {
    finish_();
    source_();
    weights_();
  }

 private:
  TileFinish<E>& finish_;
  TilesFetch source_, weights_;
};

}  // namespace
}  // namespace burin::kernels
