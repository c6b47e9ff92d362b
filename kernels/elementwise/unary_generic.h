// unary.h over xsimd, any level. Functions that networks hardly use (tan, arcus and area functions)
// are those of the reference; so are the derivatives of all but the common activations.
#pragma once

#include "kernels/elementwise/sweep.h"
#include "kernels/elementwise/tables.h"
#include "kernels/elementwise/unary.h"

namespace burin::kernels {
namespace {

template <class Arch, class Words>
struct UnaryLoops : Sweep<Arch, Words> {
  using S = Sweep<Arch, Words>;
  using V = typename S::V;
  using batch = typename S::batch;

  static batch constant(double value) { return batch(static_cast<float>(value)); }
  static batch one() { return batch(1.0f); }
  static batch softplus(batch x) {
    return xsimd::log1p(V::exp(-xsimd::abs(x))) + xsimd::max(x, batch(0.0f));
  }
  static batch gate(batch x, batch a, batch b) {
    return xsimd::min(one(), xsimd::max(batch(0.0f), xsimd::fma(a, x, b)));
  }
  static batch gauss(batch x) {
    return batch(0.5f) * (one() + xsimd::erf(x * constant(0.7071067811865476)));
  }
  static batch inner(batch x) {
    return constant(0.7978845608028654) * xsimd::fma(x * x * x, batch(0.044715f), x);
  }

  // f(function) with a vector function, chosen once for a whole call; false: there is none.
  template <class F>
  static bool with_function(UnaryCall call, const F& f) {
    const batch zero(0.0f), a(call.a), b(call.b), inverse(1.0f / call.a), half(0.5f);
    switch (call.function) {
      case Unary::absolute:
        return f([](batch x) { return xsimd::abs(x); });
      case Unary::negative:
        return f([](batch x) { return -x; });
      case Unary::exponential:
        return f([](batch x) { return V::exp(x); });
      case Unary::logarithm:
        return f([](batch x) { return xsimd::log(x); });
      case Unary::square_root:
        return f([](batch x) { return xsimd::sqrt(x); });
      case Unary::reciprocal:
        return f([](batch x) { return one() / x; });
      case Unary::floor:
        return f([](batch x) { return xsimd::floor(x); });
      case Unary::ceil:
        return f([](batch x) { return xsimd::ceil(x); });
      case Unary::round:
        return f([](batch x) { return xsimd::nearbyint(x); });
      case Unary::error_function:
        return f([](batch x) { return xsimd::erf(x); });
      case Unary::softplus:
        return f([](batch x) { return softplus(x); });
      case Unary::softsign:
        return f([](batch x) { return x / (one() + xsimd::abs(x)); });
      case Unary::elu:
        return f([=](batch x) { return xsimd::select(x > zero, x, a * xsimd::expm1(x)); });
      case Unary::selu:
        return f([=](batch x) { return b * xsimd::select(x > zero, x, a * xsimd::expm1(x)); });
      case Unary::celu:
        return f(
            [=](batch x) { return xsimd::select(x > zero, x, a * xsimd::expm1(x * inverse)); });
      case Unary::hard_sigmoid:
        return f([=](batch x) { return gate(x, a, b); });
      case Unary::hard_swish:
        return f([=](batch x) { return x * gate(x, a, b); });
      case Unary::silu:
        return f([](batch x) { return x * V::sigmoid(x); });
      case Unary::mish:
        return f([](batch x) { return x * xsimd::tanh(softplus(x)); });
      case Unary::gelu:
        return f([](batch x) { return x * gauss(x); });
      case Unary::gelu_tanh:
        return f([=](batch x) { return half * x * (one() + xsimd::tanh(inner(x))); });
      case Unary::thresholded_relu:
        return f([=](batch x) { return xsimd::select(x > a, x, zero); });
      case Unary::clip:
        return f([=](batch x) { return xsimd::min(b, xsimd::max(a, x)); });
      default:
        return false;
    }
  }

  // f(d) with d(dy, x) = dy * f'(x); false: the reference has it.
  template <class F>
  static bool with_derivative(UnaryCall call, const F& f) {
    const batch zero(0.0f), a(call.a), b(call.b);
    const auto gate_slope = [=](batch x) {
      const batch t = xsimd::fma(a, x, b);
      return xsimd::select((t > zero) & (t < one()), a, zero);
    };
    switch (call.function) {
      case Unary::exponential:
        return f([](batch dy, batch x) { return dy * V::exp(x); });
      case Unary::square_root:
        return f([](batch dy, batch x) { return batch(0.5f) * dy / xsimd::sqrt(x); });
      case Unary::softplus:
        return f([](batch dy, batch x) { return dy * V::sigmoid(x); });
      case Unary::elu:
        return f(
            [=](batch dy, batch x) { return dy * xsimd::select(x > zero, one(), a * V::exp(x)); });
      case Unary::hard_sigmoid:
        return f([=](batch dy, batch x) { return dy * gate_slope(x); });
      case Unary::hard_swish:
        return f([=](batch dy, batch x) { return dy * (gate(x, a, b) + x * gate_slope(x)); });
      case Unary::silu:
        return f([](batch dy, batch x) {
          const batch s = V::sigmoid(x);
          return dy * s * (one() + x * (one() - s));
        });
      case Unary::gelu:
        return f([](batch dy, batch x) {
          return dy * (gauss(x) + x * constant(0.3989422804014327) * V::exp(batch(-0.5f) * x * x));
        });
      case Unary::clip:
        return f([=](batch dy, batch x) { return xsimd::select((x > a) & (x < b), dy, zero); });
      default:
        return false;
    }
  }

  [[gnu::flatten]] static void forward(UnaryCall call, Extent given, In x, Out y) noexcept {
    const Extent e = S::collapse(given, x, y);
    const bool done = with_function(call, [=](auto function) {
      S::rows(e, [=](auto p, auto c, int left) {
        S::store(y, p, c, function(S::load(x, p, c, left)), left);
      });
      return true;
    });
    if (!done) elementwise_reference.unary.forward(call, e, x, y);
  }

  [[gnu::flatten]] static void backward(UnaryCall call, Extent given, In dy, In x,
                                        Out dx) noexcept {
    const Extent e = S::collapse(given, dy, x, dx);
    const bool done = with_derivative(call, [=](auto derivative) {
      S::rows(e, [=](auto p, auto c, int left) {
        S::store(dx, p, c, derivative(S::load(dy, p, c, left), S::load(x, p, c, left)), left);
      });
      return true;
    });
    if (!done) elementwise_reference.unary.backward(call, e, dy, x, dx);
  }

  static constexpr UnaryFunctions functions{forward, backward};
};

}  // namespace
}  // namespace burin::kernels
