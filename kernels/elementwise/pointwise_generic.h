// pointwise.h over xsimd, any level.
#pragma once

#include "kernels/elementwise/pointwise.h"
#include "kernels/elementwise/sweep.h"

namespace burin::kernels {
namespace {

template <class Arch, class Words>
struct PointwiseLoops : Sweep<Arch, Words> {
  using S = Sweep<Arch, Words>;
  using V = typename S::V;
  using batch = typename S::batch;

  // f(act) with act one of the functions below, chosen once for a whole call.
  template <class F>
  static void with_activation(Epilogue e, const F& f) {
    const batch zero(0.0f), six(6.0f), slope(e.slope);
    switch (e.activation) {
      case Activation::none:
        return f([](batch x) { return x; });
      case Activation::relu:
        return f([=](batch x) { return xsimd::max(zero, x); });
      case Activation::leaky_relu:
        return f([=](batch x) { return xsimd::select(x > zero, x, x * slope); });
      case Activation::relu6:
        return f([=](batch x) { return xsimd::min(six, xsimd::max(zero, x)); });
      case Activation::sigmoid:
        return f([](batch x) { return V::sigmoid(x); });
      case Activation::tanh:
        return f([](batch x) { return xsimd::tanh(x); });
    }
  }

  // f(d) with d(dy, y) = dy * act'(x)
  template <class F>
  static void with_derivative(Epilogue e, const F& f) {
    const batch zero(0.0f), six(6.0f), slope(e.slope);
    switch (e.activation) {
      case Activation::none:
        return f([](batch dy, batch) { return dy; });
      case Activation::relu:
        return f([=](batch dy, batch y) { return xsimd::select(y > zero, dy, zero); });
      case Activation::leaky_relu:
        return f([=](batch dy, batch y) { return xsimd::select(y > zero, dy, dy * slope); });
      case Activation::relu6:
        return f(
            [=](batch dy, batch y) { return xsimd::select((y > zero) & (y < six), dy, zero); });
      case Activation::sigmoid:
        return f([](batch dy, batch y) { return dy * y * (batch(1.0f) - y); });
      case Activation::tanh:
        return f([](batch dy, batch y) { return dy * (batch(1.0f) - y * y); });
    }
  }

  [[gnu::flatten]] static void activate(Extent e, In x, Out y, Epilogue epilogue) noexcept {
    e = S::collapse(e, x, y);
    with_activation(epilogue, [=](auto act) {
      S::rows(e, [=](auto p, auto c, int left) {
        S::store(y, p, c, act(S::load(x, p, c, left)), left);
      });
    });
  }

  [[gnu::flatten]] static void activate_backward(Extent e, In dy, In y, Out dx,
                                                 Epilogue epilogue) noexcept {
    e = S::collapse(e, dy, y, dx);
    with_derivative(epilogue, [=](auto derivative) {
      S::rows(e, [=](auto p, auto c, int left) {
        S::store(dx, p, c, derivative(S::load(dy, p, c, left), S::load(y, p, c, left)), left);
      });
    });
  }

  [[gnu::flatten]] static void scale(Extent e, In x, Out y, float factor, float shift) noexcept {
    e = S::collapse(e, x, y);
    const batch a(factor), b(shift);
    S::rows(e, [=](auto p, auto c, int left) {
      S::store(y, p, c, xsimd::fma(a, S::load(x, p, c, left), b), left);
    });
  }

  template <bool Step>
  static batch load(Operand x, std::int64_t p, std::int64_t c, int left) {
    if constexpr (Step) return V::load(x.data + p * x.stride + c, left);
    return batch(x.data[p * x.stride]);
  }
  template <bool StepA, bool StepB, class F>
  static void stepping(Extent e, Operand a, Operand b, Out y, const F& f) {
    S::rows(e, [=](auto p, auto c, int left) {
      S::store(y, p, c, f(load<StepA>(a, p, c, left), load<StepB>(b, p, c, left)), left);
    });
  }
  // y = f(a, b)
  template <class F>
  static void combine(Extent e, Operand a, Operand b, Out y, const F& f) {
    const bool dense = a.step == 1 && b.step == 1;
    if (dense) return stepping<true, true>(S::collapse(e, a, b, y), a, b, y, f);
    if (a.step == 1) {
      if (a.stride == e.channels && y.stride == e.channels && b.stride == 0)
        e = {1, e.pixels * e.channels};
      return stepping<true, false>(e, a, b, y, f);
    }
    if (b.step == 1) {
      if (b.stride == e.channels && y.stride == e.channels && a.stride == 0)
        e = {1, e.pixels * e.channels};
      return stepping<false, true>(e, a, b, y, f);
    }
    stepping<false, false>(e, a, b, y, f);
  }

  [[gnu::flatten]] static void add(Extent e, Operand a, Operand b, Out y,
                                   Epilogue epilogue) noexcept {
    with_activation(epilogue, [=](auto act) {
      combine(e, a, b, y, [=](batch u, batch v) { return act(u + v); });
    });
  }
  [[gnu::flatten]] static void binary(Binary function, Extent e, Operand a, Operand b,
                                      Out y) noexcept {
    switch (function) {
      case Binary::add:
        return combine(e, a, b, y, [](batch u, batch v) { return u + v; });
      case Binary::subtract:
        return combine(e, a, b, y, [](batch u, batch v) { return u - v; });
      case Binary::multiply:
        return combine(e, a, b, y, [](batch u, batch v) { return u * v; });
      case Binary::divide:
        return combine(e, a, b, y, [](batch u, batch v) { return u / v; });
      case Binary::maximum:
        return combine(e, a, b, y, [](batch u, batch v) {
          return xsimd::select((u > v) | xsimd::isnan(u), u, v);
        });
      case Binary::minimum:
        return combine(e, a, b, y, [](batch u, batch v) {
          return xsimd::select((u < v) | xsimd::isnan(u), u, v);
        });
      case Binary::prelu:
        return combine(e, a, b, y,
                       [](batch u, batch v) { return xsimd::select(u > batch(0.0f), u, u * v); });
      default:
        return;
    }
  }

  [[gnu::flatten]] static void glu(Extent e, In a, In b, Out y) noexcept {
    e = S::collapse(e, a, b, y);
    S::rows(e, [=](auto p, auto c, int left) {
      S::store(y, p, c, S::load(a, p, c, left) * V::sigmoid(S::load(b, p, c, left)), left);
    });
  }

  [[gnu::flatten]] static void glu_backward(Extent e, In dy, In a, In b, Out da, Out db) noexcept {
    e = S::collapse(e, dy, a, b, da, db);
    S::rows(e, [=](auto p, auto c, int left) {
      const batch s = V::sigmoid(S::load(b, p, c, left));
      const batch gated = S::load(dy, p, c, left) * s;
      const batch db_value = gated * S::load(a, p, c, left) * (batch(1.0f) - s);
      S::store(da, p, c, gated, left);
      S::store(db, p, c, db_value, left);
    });
  }

  static constexpr PointwiseFunctions functions{activate, activate_backward, scale, add, binary,
                                                glu,      glu_backward};
};

}  // namespace
}  // namespace burin::kernels
