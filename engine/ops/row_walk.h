// How element-wise ops and losses walk tensors: as rows of pixels, cut into blocks by shape alone.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <vector>

#include "engine/runtime/workers.h"
#include "engine/tensor/tensor.h"
#include "kernels/elementwise/rows.h"

namespace burin {

// Rows [first, first + extent.pixels).
struct Block {
  std::int64_t first = 0;
  kernels::Extent extent;
};

// Some f32 tensors of one shape, walked together: flat where all lie densely in one order, else
// pixel by pixel, channels last (what lies otherwise is copied).
class RowWalk {
 public:
  RowWalk(std::string_view op, std::initializer_list<Tensor> inputs);

  // A tensor of the same shape that joins the walk: `target` (channels last with a pixel stride)
  // when it is defined and the inputs can be walked in its order, else a fresh one.
  Tensor output(const Tensor& target = {});
  [[nodiscard]] std::int64_t blocks() const noexcept;

  [[nodiscard]] kernels::In in(int operand, const Block& block) const noexcept;
  [[nodiscard]] kernels::Out out(int operand, const Block& block) const noexcept;
  [[nodiscard]] kernels::Operand operand(int operand, const Block& block) const noexcept;

  // f(block, index) over all blocks, in parallel.
  template <class F>
  void each(const F& f) const {
    runtime::parallel_for(blocks(), 1, [&](std::int64_t first, std::int64_t last, int) {
      for (std::int64_t index = first; index < last; ++index) f(block(index), index);
    });
  }

  // The sum of f(block) in block order; T{} is zero.
  template <class F>
  auto sum(const F& f) const {
    using T = decltype(f(Block{}));
    std::vector<T> parts(static_cast<std::size_t>(blocks()));
    each([&](const Block& block, std::int64_t index) {
      parts[static_cast<std::size_t>(index)] = f(block);
    });
    T total{};
    for (const T& part : parts) total += part;
    return total;
  }

 private:
  static constexpr int most = 6;

  [[nodiscard]] Block block(std::int64_t index) const noexcept;
  void join(const Tensor& tensor);
  void set_extent(bool flat);

  Shape shape_;
  bool flat_ = true;
  Order order_ = Order::channels_last;
  kernels::Extent extent_;
  std::int64_t block_pixels_ = 1;
  int count_ = 0;
  std::array<Tensor, most> tensors_;
  std::array<float*, most> data_{};
  std::array<std::int64_t, most> strides_{};
};

}  // namespace burin
