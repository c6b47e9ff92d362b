#include "engine/ops/operands.h"

#include "engine/error.h"

namespace burin {

const Tensor& require_f32(std::string_view op, const Tensor& t) {
  if (t.dtype() != DType::f32)
    throw Error(std::string(op), "f32 numbers", std::string(dtype_name(t.dtype())));
  return t;
}

Tensor as_channels_last(std::string_view op, const Tensor& t) {
  return require_f32(op, t).layout().is_channels_last() ? t : t.in_order(Order::channels_last);
}

Tensor as_channels_last_real(std::string_view op, const Tensor& t) {
  if (t.dtype() != DType::bf16) return as_channels_last(op, t);
  return t.layout().is_channels_last() ? t : t.in_order(Order::channels_last);
}

Tensor as_row_major(std::string_view op, const Tensor& t) {
  return require_f32(op, t).in_order(Order::row_major);
}

}  // namespace burin
