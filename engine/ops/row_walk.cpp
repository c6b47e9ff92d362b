#include "engine/ops/row_walk.h"

#include <algorithm>
#include <cassert>

#include "engine/ops/grain.h"
#include "engine/ops/operands.h"

namespace burin {
RowWalk::RowWalk(std::string_view op, std::initializer_list<Tensor> inputs) {
  const Tensor& first = *inputs.begin();
  shape_ = first.shape();
  for (const Tensor& t : inputs) {
    assert(require_f32(op, t).shape() == first.shape());
    require_f32(op, t);
    flat_ = flat_ && t.layout().is_dense() && t.layout().same_strides(first.layout());
  }
  set_extent(flat_);
  if (flat_ && !first.layout().is_channels_last()) order_ = Order::row_major;
  for (const Tensor& t : inputs) join(flat_ ? t : as_channels_last(op, t));
}

void RowWalk::set_extent(bool flat) {
  flat_ = flat;
  const Shape& shape = shape_;
  const std::int64_t channels = flat ? 1 : shape.channels();
  extent_ = {shape.elements() == 0 ? 0 : shape.elements() / channels, channels};
  block_pixels_ = rows_grain(channels);
  for (std::size_t i = 0; i < static_cast<std::size_t>(count_); ++i)
    strides_[i] = flat ? 1 : tensors_[i].pixel_stride();
}

Tensor RowWalk::output(const Tensor& target) {
  const bool flat_fits = flat_ && target && target.layout().is_dense() &&
                         target.layout().same_strides(tensors_[0].layout());
  const bool rows_fit = target && order_ == Order::channels_last;
  const Tensor y =
      flat_fits || rows_fit ? target : Tensor::empty(tensors_[0].shape(), DType::f32, order_);
  if (flat_ && rows_fit && !flat_fits) set_extent(false);
  join(y);
  return y;
}

void RowWalk::join(const Tensor& tensor) {
  assert(count_ < most);
  const auto i = static_cast<std::size_t>(count_++);
  tensors_[i] = tensor;
  data_[i] = tensor.data();
  strides_[i] = flat_ ? 1 : tensor.pixel_stride();
}

std::int64_t RowWalk::blocks() const noexcept {
  return (extent_.pixels + block_pixels_ - 1) / block_pixels_;
}

Block RowWalk::block(std::int64_t index) const noexcept {
  const std::int64_t first = index * block_pixels_;
  return {first, {std::min(block_pixels_, extent_.pixels - first), extent_.channels}};
}

kernels::In RowWalk::in(int operand, const Block& block) const noexcept {
  const auto i = static_cast<std::size_t>(operand);
  return {data_[i] + block.first * strides_[i], strides_[i]};
}

kernels::Out RowWalk::out(int operand, const Block& block) const noexcept {
  const auto i = static_cast<std::size_t>(operand);
  return {data_[i] + block.first * strides_[i], strides_[i]};
}

kernels::Operand RowWalk::operand(int operand, const Block& block) const noexcept {
  const auto i = static_cast<std::size_t>(operand);
  return {data_[i] + block.first * strides_[i], strides_[i], 1};
}

}  // namespace burin
