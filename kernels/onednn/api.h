// The differences between oneDNN 2.6 and 3.x, all of them: 3.0 dropped operation descriptors and
// moved the engine to the front of the constructors of primitive descriptors.
#pragma once

#include <oneapi/dnnl/dnnl.hpp>

#include "kernels/cpu.h"

namespace burin::kernels::onednn {

// The CPU engine. The first call caps oneDNN to BURIN_MAX_ISA, so that both libraries run at one
// level.
inline dnnl::engine& cpu_engine() {
  static dnnl::engine engine = [] {
    switch (isa_cap()) {
      case Isa::reference:
      case Isa::avx2:
        dnnl::set_max_cpu_isa(dnnl::cpu_isa::avx2);
        break;
      case Isa::avx512:
        dnnl::set_max_cpu_isa(dnnl::cpu_isa::avx512_core);
        break;
      case Isa::vnni:
        dnnl::set_max_cpu_isa(dnnl::cpu_isa::avx512_core_vnni);
        break;
      case Isa::bf16:
        dnnl::set_max_cpu_isa(dnnl::cpu_isa::avx512_core_bf16);
        break;
      case Isa::amx:
        break;
    }
    return dnnl::engine(dnnl::engine::kind::cpu, 0);
  }();
  return engine;
}

// Whether transposed convolution gives the same bits for any number of threads
// (tests/kernels/test_onednn.cpp).
inline constexpr bool stable_deconvolution = DNNL_VERSION_MAJOR < 3;

// Scratch is the caller's: a primitive allocates nothing while it runs.
inline dnnl::primitive_attr caller_scratch() {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attributes;
}

// Descriptor of a primitive from the arguments that both versions share. Throws dnnl::error.
template <class Primitive, class... Arguments>
typename Primitive::primitive_desc describe(const Arguments&... arguments) {
#if DNNL_VERSION_MAJOR >= 3
  return {cpu_engine(), arguments..., caller_scratch()};
#else
  return {typename Primitive::desc(arguments...), caller_scratch(), cpu_engine()};
#endif
}

// The same for a gradient, which also wants the descriptor of the forward pass.
template <class Primitive, class Hint, class... Arguments>
typename Primitive::primitive_desc describe_gradient(const Hint& hint,
                                                     const Arguments&... arguments) {
#if DNNL_VERSION_MAJOR >= 3
  return {cpu_engine(), arguments..., hint, caller_scratch()};
#else
  return {typename Primitive::desc(arguments...), caller_scratch(), cpu_engine(), hint};
#endif
}

}  // namespace burin::kernels::onednn
