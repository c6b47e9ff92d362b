// From the type of activations, known at run time, to a C++ type.
#pragma once

#include <cstdint>

#include "kernels/element.h"

namespace burin::kernels {
namespace {

// f(a number of the type); a bf16 is 16 bits. V without bf16 has been asked for f32 alone.
template <class V, class F>
[[gnu::always_inline]] inline void of_type(Element type, const F& f) noexcept {
  if constexpr (V::bf16_activations) {
    if (type == Element::bf16) {
      f(std::uint16_t{});
      return;
    }
  }
  f(float{});
}

}  // namespace
}  // namespace burin::kernels
