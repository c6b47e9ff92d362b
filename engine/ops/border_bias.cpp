// y[n,c,o] = x[n,c,o] + bias[q(o), c], q = the place of o: first, inside or last on each axis, e.g.
// what the bias of a layer adds through a padded 3x3 convolution behind it;  dx = dy
#include <algorithm>

#include "engine/error.h"
#include "engine/ops/all_ops.h"
#include "engine/ops/operands.h"
#include "engine/ops/ops.h"
#include "engine/runtime/workers.h"
#include "kernels/bf16.h"

namespace burin {
namespace {

Shape infer(std::span<const Shape> inputs, const Attributes&) {
  const Shape &x = inputs[0], &bias = inputs[1];
  if (x.rank() < 3 || x.rank() > 5) throw Error("border_bias", "x of rank 3 to 5", x.text());
  std::int64_t places = 1;
  for (int axis = 2; axis < x.rank(); ++axis) {
    if (x[axis] < 2) throw Error("border_bias", "spatial sizes of 2 or more", x.text());
    places *= 3;
  }
  if (bias != Shape{places, x[1]})
    throw Error("border_bias", "bias " + Shape{places, x[1]}.text(), bias.text());
  return x;
}

// 0, 1 or 2.
std::int64_t place_of(std::int64_t index, std::int64_t size) {
  return index == 0 ? 0 : index == size - 1 ? 2 : 1;
}

template <class T>
struct Rows {
  Tensor x, y;
  const float* bias;  // [3^axes, c]
  std::int64_t channels, width;

  // y = x + bias at pixel `p`, in the place `q`.
  void pixel(std::int64_t p, std::int64_t q) const {
    const T* from = x.data<T>() + p * x.pixel_stride();
    T* to = y.data<T>() + p * y.pixel_stride();
    for (std::int64_t c = 0; c < channels; ++c)
      kernels::set_number(to[c], kernels::number_of(from[c]) + bias[q * channels + c]);
  }
  bool inside_is_zero(std::int64_t outer) const {
    const float* inside = bias + (3 * outer + 1) * channels;
    return std::all_of(inside, inside + channels, [](float b) { return b == 0; });
  }
  // Row `r` in the places 3*`outer` + {0, 1, 2}. In place, a bias of zero has nothing to do.
  void row(std::int64_t r, std::int64_t outer) const {
    const bool ends_only = x.data<T>() == y.data<T>() && inside_is_zero(outer);
    const std::int64_t step = ends_only ? std::max<std::int64_t>(1, width - 1) : 1;
    for (std::int64_t w = 0; w < width; w += step)
      pixel(r * width + w, 3 * outer + place_of(w, width));
  }
};

template <class T>
void add_rows(const Tensor& x, const Tensor& bias, const Tensor& y) {
  const Shape& s = x.shape();
  const int last = s.rank() - 1;
  const Rows<T> rows{x, y, bias.data(), s.channels(), s[last]};
  const std::int64_t count = s.elements() / s.channels() / s[last];
  runtime::parallel_for(count, 8, [&](std::int64_t first, std::int64_t end, int) {
    for (std::int64_t r = first; r < end; ++r) {
      std::int64_t rest = r, outer = 0, factor = 1;
      for (int axis = last - 1; axis >= 2; --axis) {
        outer += factor * place_of(rest % s[axis], s[axis]);
        rest /= s[axis];
        factor *= 3;
      }
      rows.row(r, outer);
    }
  });
}

Tensor forward(ForwardContext& context) {
  const Tensor x = as_channels_last_real("border_bias", context.inputs[0]);
  const Tensor bias = as_row_major("border_bias", context.inputs[1]);
  const Tensor y = context.output(x.shape(), x.dtype());
  x.dtype() == DType::bf16 ? add_rows<std::uint16_t>(x, bias, y) : add_rows<float>(x, bias, y);
  return y;
}

}  // namespace

const OpDef border_bias_op{.name = "border_bias",
                           .infer = infer,
                           .forward = forward,
                           .backward = nullptr,
                           .needs = Needs::nothing,
                           .in_place = true,
                           .keeps_bf16 = true};

Value border_bias(const Value& x, const Value& bias) {
  return x.tape().record(border_bias_op, {x, bias}, {});
}

}  // namespace burin
