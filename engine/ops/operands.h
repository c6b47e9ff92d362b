// What ops ask of the tensors that they are given: a type and an order.
#pragma once

#include <string_view>

#include "engine/tensor/tensor.h"

namespace burin {

// `t` itself. Throws Error{op, "f32", ...} for another type.
const Tensor& require_f32(std::string_view op, const Tensor& t);

// The same f32 numbers, channels last with a pixel stride: a channel slice stays a view with gaps,
// what lies otherwise is copied. Throws as require_f32 does.
[[nodiscard]] Tensor as_channels_last(std::string_view op, const Tensor& t);
// As as_channels_last, of f32 or bf16.
[[nodiscard]] Tensor as_channels_last_real(std::string_view op, const Tensor& t);
// The same f32 numbers, dense and row major (a copy when they are not); undefined stays undefined.
// Throws as require_f32 does.
[[nodiscard]] Tensor as_row_major(std::string_view op, const Tensor& t);

}  // namespace burin
