// Matrix product by oneDNN. Scratch (Args::shared): the primitive's own, then a dense copy of c
// where c has gaps.
#include "kernels/entry_parts.h"
#include "kernels/onednn/flush.h"
#include "kernels/onednn/onednn.h"
#include "kernels/onednn/plan.h"
#include "kernels/onednn/staging.h"

namespace burin::kernels {
namespace {

using onednn::aligned;
using onednn::at;

const char* refuse(const MatmulShape& shape) noexcept {
  if (const char* reason = refuse_other_types(shape)) return reason;
  if (shape.residual) return "oneDNN's entries add no residual";
  return onednn::refusal_of(shape);
}

// Ties with our own entries at best; 1e5 is the cost of its fork and dispatch.
double cost(const MatmulShape& shape) noexcept {
  return 1.125 * onednn::multiply_add_cost() * static_cast<double>(shape.macs()) + 1e5;
}

std::size_t packed_bytes(const MatmulShape& shape) {
  return onednn::plan_for(shape)->weights.get_size();
}

void pack(const MatmulShape& shape, const float* b, void* packed, std::int64_t, std::int64_t) {
  const auto plan = onednn::plan_for(shape);
  onednn::reorder(plan->file_weights, b, plan->weights, packed);
}

std::size_t shared_bytes(const MatmulShape& shape) {
  const auto plan = onednn::plan_for(shape);
  return aligned(plan->scratch.get_size()) + aligned(plan->target.get_size());
}

void run(const MatmulArgs& a, int, std::int64_t, std::int64_t, void*) {
  const onednn::FlushDenormals flush;
  const auto plan = onednn::plan_for(a.shape);
  auto* scratch = static_cast<std::byte*>(a.shared);
  const onednn::Pixels rows{a.shape.m, a.shape.n};
  const bool stage = a.c_row != a.shape.n;
  float* c =
      stage ? reinterpret_cast<float*>(scratch + aligned(plan->scratch.get_size())) : a.c_f32();
  const float* bias = a.bias != nullptr ? a.bias : plan->no_bias.data();
  dnnl::stream stream(onednn::cpu_engine());
  plan->primitive.execute(stream, {{DNNL_ARG_SRC, at(plan->source, a.a)},
                                   {DNNL_ARG_WEIGHTS, at(plan->weights, a.packed)},
                                   {DNNL_ARG_BIAS, at(plan->bias, bias)},
                                   {DNNL_ARG_DST, at(plan->target, c)},
                                   {DNNL_ARG_SCRATCHPAD, at(plan->scratch, scratch)}});
  stream.wait();
  if (stage) rows.copy(c, a.shape.n, a.c_f32(), a.c_row);
  if (a.epilogue.activation != Activation::none) rows.activate(a.c_f32(), a.c_row, a.epilogue);
}

constinit const MatmulKernel entry = {
    .name = "onednn_matmul",
    .isa = Isa::avx2,
    // At AVX2 it cuts long sums by the number of threads, on which its bits then depend.
    .flags = kernel_whole | kernel_asked_last | kernel_f32_exact | kernel_on_request,
    .refuse = refuse,
    .cost = cost,
    .packed_bytes = packed_bytes,
    .pack_tasks = [](const MatmulShape&) noexcept -> std::int64_t { return 1; },
    .pack = pack,
    .workspace_bytes = no_bytes,
    .shared_bytes = shared_bytes,
    .stages = 1,
    .tasks = [](const MatmulShape&, int) noexcept -> std::int64_t { return 1; },
    .run = run};

constinit const MatmulKernel* const entries[] = {&entry};

}  // namespace

std::span<const MatmulKernel* const> onednn_matmul_kernels() noexcept { return entries; }

}  // namespace burin::kernels
