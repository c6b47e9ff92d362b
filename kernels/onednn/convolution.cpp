// Convolution, transposed convolution and weight gradient by oneDNN.
//
// Scratch (Args::shared): the primitive's own, then dense copies of source and target for channel
// slices, then, in the weight pass, the gradient in the primitive's layout.
#include "kernels/entry_parts.h"
#include "kernels/onednn/flush.h"
#include "kernels/onednn/onednn.h"
#include "kernels/onednn/plan.h"
#include "kernels/onednn/staging.h"

namespace burin::kernels {
namespace {

using onednn::aligned;
using onednn::at;
using onednn::dense;
using onednn::Pass;
using onednn::Pixels;
using onednn::Plan;
using onednn::reorder;

template <Pass pass>
const char* refuse(const ConvShape& shape) noexcept {
  if (const char* reason = refuse_other_types(shape)) return reason;
  if (shape.residual) return "oneDNN's entries add no residual";
  return onednn::refusal_of(pass, shape);
}

// Channels-last tensors are reordered into oneDNN's own layouts and back, target channels in blocks of
// 16: for a depthwise convolution that costs more than the arithmetic, for a data gradient half of
// it. Elsewhere it ties with our direct kernels at best. 2e6, about 10 us with two threads, is the
// cost of starting three primitives. Where tensors come from memory, one of their numbers takes the
// time of 20 multiply-adds or more (measured: 50): then kernels for few target channels are alike.
// Packed weights come from memory, as those of all entries do.
template <Pass pass>
double cost(const ConvShape& shape) noexcept {
  const double numbers = static_cast<double>(shape.batch) *
                         (static_cast<double>(shape.in_pixels()) * shape.in_channels +
                          static_cast<double>(shape.out_pixels()) * shape.out_channels);
  const double moved = numbers > (1 << 24) ? 20 * numbers : 0;
  const int channels = (pass == Pass::data ? shape.in_channels : shape.out_channels) / shape.groups;
  const double blocks = static_cast<double>((channels + 15) / 16 * 16) / channels;
  const double each = shape.groups > 1 && shape.groups == shape.in_channels ? 8
                      : pass == Pass::data                                  ? 1.5 * blocks
                                                                            : 1.25 * blocks;
  const double products = each * onednn::multiply_add_cost() * static_cast<double>(shape.macs());
  const double numbers_of_weights = static_cast<double>(shape.taps() * shape.in_channels) *
                                    (shape.out_channels / shape.groups) * blocks;
  const double weights = pass == Pass::weight ? 0 : sizeof(float) * numbers_of_weights;
  return (products > moved ? products : moved) + weight_byte_cost * weights + 2e6;
}

template <Pass pass>
std::size_t packed_bytes(const ConvShape& shape) {
  return onednn::plan_for(pass, shape)->weights.get_size();
}

std::int64_t one_pack_task(const ConvShape&) noexcept { return 1; }
std::int64_t one_task(const ConvShape&, int) noexcept { return 1; }

template <Pass pass>
void pack(const ConvShape& shape, const float* weights, void* packed, std::int64_t, std::int64_t) {
  const auto plan = onednn::plan_for(pass, shape);
  reorder(plan->file_weights, weights, plan->weights, packed);
}

struct Scratch {
  std::size_t source, target, weights, end;  // offsets in bytes; the primitive's own starts at 0

  explicit Scratch(const Plan& plan, Pass pass) {
    source = aligned(plan.scratch.get_size());
    target = source + aligned(plan.source.get_size());
    weights = target + aligned(plan.target.get_size());
    end = weights + (pass == Pass::weight ? aligned(plan.weights.get_size()) : 0);
  }
};

template <Pass pass>
std::size_t shared_bytes(const ConvShape& shape) {
  return Scratch(*onednn::plan_for(pass, shape), pass).end;
}

template <Pass pass>
void run(const ConvArgs& a, int, std::int64_t, std::int64_t, void*) {
  const onednn::FlushDenormals flush;
  const auto plan = onednn::plan_for(pass, a.shape);
  const Scratch offsets(*plan, pass);
  auto* scratch = static_cast<std::byte*>(a.shared);
  const bool forward = pass == Pass::forward;
  const Pixels x{a.shape.batch * a.shape.in_pixels(), a.shape.in_channels};
  const Pixels y{a.shape.batch * a.shape.out_pixels(), a.shape.out_channels};
  const Pixels &from = forward ? x : y, &to = forward ? y : x;
  const float* source = dense(a.source_f32(), a.source_pixel, from, scratch + offsets.source);
  const bool stage = a.target_pixel != to.channels;
  float* target = stage ? reinterpret_cast<float*>(scratch + offsets.target) : a.target_f32();
  const float* bias = a.bias != nullptr ? a.bias : plan->no_bias.data();
  dnnl::stream stream(onednn::cpu_engine());
  plan->primitive.execute(stream, {{DNNL_ARG_SRC, at(plan->source, source)},
                                   {DNNL_ARG_WEIGHTS, at(plan->weights, a.packed)},
                                   {DNNL_ARG_BIAS, at(plan->bias, bias)},
                                   {DNNL_ARG_DST, at(plan->target, target)},
                                   {DNNL_ARG_SCRATCHPAD, at(plan->scratch, scratch)}});
  stream.wait();
  if (stage) to.copy(target, to.channels, a.target_f32(), a.target_pixel);
  if (a.epilogue.activation != Activation::none)
    to.activate(a.target_f32(), a.target_pixel, a.epilogue);
}

void run_weight(const ConvWeightArgs& a, int, std::int64_t, std::int64_t, void*) {
  const onednn::FlushDenormals flush;
  const auto plan = onednn::plan_for(Pass::weight, a.shape);
  const Scratch offsets(*plan, Pass::weight);
  auto* scratch = static_cast<std::byte*>(a.shared);
  const Pixels x{a.shape.batch * a.shape.in_pixels(), a.shape.in_channels};
  const Pixels y{a.shape.batch * a.shape.out_pixels(), a.shape.out_channels};
  const float* source = dense(a.x_f32(), a.x_pixel, x, scratch + offsets.source);
  const float* dy = dense(a.dy_f32(), a.dy_pixel, y, scratch + offsets.target);
  void* dw = scratch + offsets.weights;
  dnnl::stream stream(onednn::cpu_engine());
  plan->primitive.execute(stream, {{DNNL_ARG_SRC, at(plan->source, source)},
                                   {DNNL_ARG_DIFF_DST, at(plan->target, dy)},
                                   {DNNL_ARG_DIFF_WEIGHTS, at(plan->weights, dw)},
                                   {DNNL_ARG_SCRATCHPAD, at(plan->scratch, scratch)}});
  stream.wait();
  reorder(plan->weights, dw, plan->file_weights, a.dw);
}

template <Pass pass>
constinit const ConvKernel entry = {
    .name = pass == Pass::forward ? "onednn_conv_forward" : "onednn_conv_data",
    .isa = Isa::avx2,
    .flags = kernel_whole | kernel_asked_last | kernel_f32_exact |
             (pass == Pass::data && !onednn::stable_deconvolution ? kernel_on_request : 0u),
    .refuse = refuse<pass>,
    .cost = cost<pass>,
    .packed_bytes = packed_bytes<pass>,
    .pack_tasks = one_pack_task,
    .pack = pack<pass>,
    .workspace_bytes = no_bytes,
    .shared_bytes = shared_bytes<pass>,
    .stages = 1,
    .tasks = one_task,
    .run = run<pass>};

constinit const ConvWeightKernel weight_entry = {
    .name = "onednn_conv_weight",
    .isa = Isa::avx2,
    // It sums over threads, so its bits depend on their number.
    .flags = kernel_whole | kernel_asked_last | kernel_f32_exact | kernel_on_request,
    .refuse = refuse<Pass::weight>,
    .cost = cost<Pass::weight>,
    .packed_bytes = no_bytes,
    .pack_tasks = nullptr,
    .pack = nullptr,
    .workspace_bytes = no_bytes,
    .shared_bytes = shared_bytes<Pass::weight>,
    .stages = 1,
    .tasks = one_task,
    .run = run_weight};

constinit const ConvKernel* const forward_entries[] = {&entry<Pass::forward>};
constinit const ConvKernel* const data_entries[] = {&entry<Pass::data>};
constinit const ConvWeightKernel* const weight_entries[] = {&weight_entry};

}  // namespace

std::span<const ConvKernel* const> onednn_conv_forward_kernels() noexcept {
  return forward_entries;
}
std::span<const ConvKernel* const> onednn_conv_data_kernels() noexcept { return data_entries; }
std::span<const ConvWeightKernel* const> onednn_conv_weight_kernels() noexcept {
  return weight_entries;
}

}  // namespace burin::kernels
