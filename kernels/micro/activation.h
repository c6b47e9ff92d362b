// Activations of a register. x86's min and max give their second operand when one is NaN: with the
// value second, NaN stays NaN.
#pragma once

namespace burin::kernels {
namespace {

template <class V>
[[gnu::always_inline]] inline typename V::reg relu(typename V::reg v) noexcept {
  return V::max(V::zero(), v);
}
template <class V>
[[gnu::always_inline]] inline typename V::reg relu6(typename V::reg v) noexcept {
  return V::min(V::set(6.0f), relu<V>(v));
}
template <class V>
[[gnu::always_inline]] inline typename V::reg leaky_relu(typename V::reg slope,
                                                         typename V::reg v) noexcept {
  return V::mac(slope, V::min(V::zero(), v), relu<V>(v));
}

}  // namespace
}  // namespace burin::kernels
