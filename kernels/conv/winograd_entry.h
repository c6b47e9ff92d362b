// Winograd as entries of the convolution tables.
#pragma once

#include "kernels/conv/conv.h"
#include "kernels/conv/winograd_pack.h"
#include "kernels/conv/winograd_weight.h"
#include "kernels/entry_parts.h"

namespace burin::kernels {
namespace {

// D, F: forms along the depth and in the plane. `step`: stride in the plane and, of a kernel with a
// depth, along it. `data`: the pass from dy to dx.
template <class V, class D, class F, int step, bool data>
struct WinogradEntry {
  using W = Winograd<V, D, F>;
  using P = WinogradPack<V, D, F>;

  static typename W::Plan plan(const ConvShape& s) noexcept {
    return W::plan(data ? data_pass(s) : forward_pass(s));
  }
  static const char* refuse(const ConvShape& s) noexcept {
    const char* const wide = refuse_other_types(s);
    if (!V::bf16_activations && wide != nullptr) return wide;
    if (V::bf16_activations && V::pair == 1 && wide == nullptr) return "all activations are f32";
    return winograd_refuse<D, F, step>(s);
  }
  static double cost(const ConvShape& s) noexcept { return W::cost(plan(s)); }
  static std::size_t packed_bytes(const ConvShape& s) noexcept { return W::packed_bytes(plan(s)); }
  static std::int64_t pack_tasks(const ConvShape& s) noexcept { return P::tasks(plan(s)); }
  static void pack(const ConvShape& s, const float* weights, void* packed, std::int64_t first,
                   std::int64_t last) noexcept {
    P::run(plan(s), data, weights, packed, first, last);
  }
  static std::size_t workspace_bytes(const ConvShape& s) noexcept {
    return W::workspace_bytes(plan(s));
  }
  static std::int64_t tasks(const ConvShape& s, int) noexcept { return W::tasks(plan(s)); }
  static void run(const ConvArgs& args, int, std::int64_t first, std::int64_t last,
                  void* workspace) noexcept {
    W::run(plan(args.shape), args, first, last, workspace);
  }
  // Tiles are counted from the first target.
  static int row_period(const ConvShape& s) noexcept {
    return s.in[0] > 1 ? D::m * (data ? s.stride[0] : 1) : F::m * (data ? step : 1) * s.dilation[1];
  }

  static constexpr ConvKernel entry(const char* name, Isa isa) noexcept {
    return {.name = name,
            .isa = isa,
            .flags = V::pair == 2 ? kernel_bf16_products : kernel_default,
            .refuse = refuse,
            .cost = cost,
            .packed_bytes = packed_bytes,
            .pack_tasks = pack_tasks,
            .pack = pack,
            .workspace_bytes = workspace_bytes,
            .shared_bytes = no_bytes,
            .stages = 1,
            .tasks = tasks,
            .run = run,
            .row_period = row_period};
  }
};

template <class V, class D, class F>
struct WinogradWeightEntry {
  using W = WinogradWeight<V, D, F>;

  static const char* refuse(const ConvShape& s) noexcept {
    if (const char* reason = refuse_other_types(s)) return reason;
    if (s.dilation[1] != 1) return "dilation is not 1";
    return winograd_refuse<D, F, 1>(s);
  }
  static double cost(const ConvShape& s) noexcept { return W::cost(W::plan(s)); }
  static std::size_t workspace_bytes(const ConvShape& s) noexcept {
    return W::workspace_bytes(W::plan(s));
  }
  static std::size_t shared_bytes(const ConvShape& s) noexcept {
    return W::shared_bytes(W::plan(s));
  }
  static std::int64_t tasks(const ConvShape& s, int stage) noexcept {
    return W::tasks(W::plan(s), stage);
  }
  static void run(const ConvWeightArgs& args, int stage, std::int64_t first, std::int64_t last,
                  void* workspace) noexcept {
    W::run(W::plan(args.shape), args, stage, first, last, workspace);
  }

  static constexpr ConvWeightKernel entry(const char* name, Isa isa) noexcept {
    return {.name = name,
            .isa = isa,
            .flags = kernel_default,
            .refuse = refuse,
            .cost = cost,
            .packed_bytes = no_bytes,
            .pack_tasks = nullptr,
            .pack = nullptr,
            .workspace_bytes = workspace_bytes,
            .shared_bytes = shared_bytes,
            .stages = 2,
            .tasks = tasks,
            .run = run};
  }
};

}  // namespace
}  // namespace burin::kernels
