#include "engine/ops/run_kernel.h"

#include <omp.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "engine/error.h"
#include "engine/ops/choose_kernel.h"
#include "engine/ops/operands.h"
#include "engine/ops/shape_text.h"
#include "engine/ops/tuned_kernels.h"
#include "engine/runtime/stopwatch.h"
#include "engine/runtime/workers.h"

namespace burin {
namespace {

using kernels::ConvShape;
using kernels::MatmulShape;

// What inference keeps with a weight's storage.
struct PackedWeights {
  const void* entry;
  ConvShape conv;
  MatmulShape matmul;
  std::uint64_t version;
  int threads;  // oneDNN's layout may depend on them
  std::shared_ptr<Storage> packed;
};
using PackedList = std::vector<PackedWeights>;
// Packed copies of one weight kept at once: one for each entry and shape, batch and image size
// included, whether or not the packing depends on them.
constexpr std::size_t kept_shapes = 4;

std::mutex& attachment_mutex() {
  static std::mutex mutex;
  return mutex;
}

template <class Entry, class Shape>
std::shared_ptr<Storage> pack(const Entry& entry, const Shape& shape, const float* weights) {
  auto packed = Storage::allocate(std::max<std::size_t>(entry.packed_bytes(shape), 64));
  if (entry.pack == nullptr) return packed;
  const auto range = [&](std::int64_t first, std::int64_t last, int) {
    entry.pack(shape, weights, packed->data(), first, last);
  };
  const std::int64_t tasks = entry.pack_tasks(shape);
  if ((entry.flags & kernels::kernel_whole) != 0)
    range(0, tasks, 0);
  else
    runtime::parallel_for(tasks, std::max<std::int64_t>(1, tasks / 64), range);
  return packed;
}

bool equal_bytes(const Storage& a, const Storage& b) {
  return a.bytes() == b.bytes() && std::memcmp(a.data(), b.data(), a.bytes()) == 0;
}

template <class Entry, class Shape>
std::shared_ptr<Storage> kept_pack(const Entry& entry, const Shape& shape, const float* weights,
                                   Storage& storage) {
  const std::lock_guard lock(attachment_mutex());
  if (!storage.attachment) storage.attachment = std::make_shared<PackedList>();
  auto& list = *static_cast<PackedList*>(storage.attachment.get());
  std::erase_if(list, [&](const PackedWeights& p) { return p.version != storage.version(); });
  PackedWeights wanted{&entry, {}, {}, storage.version(), omp_get_max_threads(), nullptr};
  if constexpr (std::is_same_v<Shape, ConvShape>)
    wanted.conv = shape;
  else
    wanted.matmul = shape;
  for (const PackedWeights& p : list)
    if (p.entry == wanted.entry && p.conv == wanted.conv && p.matmul == wanted.matmul &&
        p.threads == wanted.threads)
      return p.packed;
  if (list.size() >= kept_shapes) list.erase(list.begin());
  wanted.packed = pack(entry, shape, weights);
  // Shapes of one entry often have the same order.
  for (const PackedWeights& p : list)
    if (p.entry == wanted.entry && equal_bytes(*p.packed, *wanted.packed)) wanted.packed = p.packed;
  list.push_back(wanted);
  return wanted.packed;
}

template <class Entry, class Args>
void run_stages(const Entry& entry, const Args& args) {
  const auto& shape = args.shape;
  const std::size_t scratch = entry.workspace_bytes(shape);
  for (int stage = 0; stage < entry.stages; ++stage) {
    const std::int64_t tasks = entry.tasks(shape, stage);
    if ((entry.flags & kernels::kernel_whole) != 0) {
      entry.run(args, stage, 0, tasks, scratch > 0 ? runtime::workspace(0, scratch) : nullptr);
      continue;
    }
    // The reference cuts down to single pixels; a piece is at most 1/256 of the work.
    runtime::parallel_for(tasks, std::max<std::int64_t>(1, tasks / 256),
                          [&](std::int64_t first, std::int64_t last, int worker) {
                            void* workspace =
                                scratch > 0 ? runtime::workspace(worker, scratch) : nullptr;
                            entry.run(args, stage, first, last, workspace);
                          });
  }
}

// What args.shared points to from now on, or null where the entry needs none.
template <class Entry, class Args>
std::shared_ptr<Storage> shared_scratch(const Entry& entry, Args& args) {
  const std::size_t bytes = entry.shared_bytes(args.shape);
  if (bytes == 0) return nullptr;
  auto shared = Storage::allocate(bytes);
  args.shared = shared->data();
  return shared;
}

template <class Entry, class Args>
void run(const Entry& entry, Args& args) {
  const auto shared = shared_scratch(entry, args);
  run_stages(entry, args);
}

// All that a choice depends on but the entries themselves.
template <class Shape>
std::string tuning_key(std::string_view pass, const Shape& shape, const Wanted& wanted) {
  std::string key(pass);
  key += " " + shape_text(shape) + ", ";
  key += name_of(wanted.activation);
  key += ", ";
  key += name_of(wanted.precision);
  return key + ", " + std::to_string(runtime::threads()) + " threads";
}

// By timing on the tensors of the call: what they hold does not matter, the target is overwritten.
template <class Entry, class Args>
void tune(Choice<Entry>& choice, const std::string& key, Args args, const float* weights,
          TunedKernels& tuned) {
  std::map<const Entry*, std::shared_ptr<Storage>> packed;
  take_fastest<Entry>(choice, tuned, key, [&](const Entry& entry) {
    auto& own = packed[&entry];
    if (!own) own = pack(entry, args.shape, weights);
    args.packed = own->data();
    const auto shared = shared_scratch(entry, args);
    const runtime::Stopwatch watch;
    run_stages(entry, args);
    return watch.seconds();
  });
}

// args.packed is set here, args.shared when the step runs.
template <class Entry, class Args>
Step step_of(const Choice<Entry>& choice, Args args, std::shared_ptr<Storage> packed,
             const StepRequest& request) {
  const Entry& entry = *choice.entry;
  args.packed = packed->data();
  const std::size_t shared = entry.shared_bytes(args.shape);
  request.shared->require(shared);
  Step step{.kernel = entry.name,
            .ranking = choice.ranking,
            .packed = packed,
            .workspace = entry.workspace_bytes(args.shape),
            .shared = (entry.flags & kernels::kernel_whole) != 0 ? 0 : shared};
  step.run = [&entry, args, shared = request.shared]() mutable {
    args.shared = shared->data();
    run_stages(entry, args);
  };
  return step;
}

kernels::Element element_of(const Tensor& t) {
  return t.dtype() == DType::bf16 ? kernels::Element::bf16 : kernels::Element::f32;
}

const void* address(const Tensor& t) {
  return t ? t.storage()->data() +
                 t.layout().offset() * static_cast<std::int64_t>(size_of(t.dtype()))
           : nullptr;
}

// With the types and the residual of its tensors in the shape.
ConvCall typed(ConvCall call, const ConvOperands& o, const Tensor& target) {
  call.shape.source_type = element_of(o.source);
  call.shape.target_type = element_of(target);
  call.shape.residual = static_cast<bool>(o.residual);
  return call;
}

kernels::ConvArgs conv_args(const ConvCall& call, const ConvOperands& o, const Tensor& target) {
  return {.shape = call.shape,
          .source = address(o.source),
          .source_pixel = o.source.pixel_stride(),
          .bias = o.bias ? o.bias.data() : nullptr,
          .residual = address(o.residual),
          .residual_pixel = o.residual ? o.residual.pixel_stride() : 0,
          .target = const_cast<void*>(address(target)),
          .target_pixel = target.pixel_stride(),
          .epilogue = call.epilogue};
}

MatmulCall typed(MatmulCall call, const Tensor& a, const Tensor& target) {
  call.shape.source_type = element_of(a);
  call.shape.target_type = element_of(target);
  return call;
}

kernels::MatmulArgs matmul_args(const MatmulCall& call, const Tensor& a, const Tensor& bias,
                                const Tensor& target) {
  return {.shape = call.shape,
          .a = address(a),
          .bias = bias ? bias.data() : nullptr,
          .c = const_cast<void*>(address(target)),
          .c_row = target.pixel_stride(),
          .epilogue = call.epilogue};
}

void run_packed(const MatmulCall& call, const float* b, kernels::MatmulArgs args) {
  const kernels::MatmulKernel& entry =
      matmul_kernel(call.op, call.pass, call.shape, {call.epilogue.activation, call.precision});
  const auto packed = call.keep != nullptr ? kept_pack(entry, call.shape, b, *call.keep)
                                           : pack(entry, call.shape, b);
  args.packed = packed->data();
  run(entry, args);
}

bool keeps(const Tensor& packed_from, const Tensor& given) {
  return packed_from.storage() == given.storage() && given.layout().offset() == 0;
}

void require_channels_last(std::string_view op, const Tensor& t) {
  if (t && !t.layout().is_channels_last())
    throw Error(std::string(op), "operands that lie channels last", t.shape().text());
}

}  // namespace

void run_conv(const ConvCall& given, const ConvOperands& operands, const Tensor& target) {
  const ConvCall call = typed(given, operands, target);
  const kernels::ConvKernel& entry =
      conv_kernel(call.op, call.pass, call.shape, {call.epilogue.activation, call.precision});
  ConvOperands o = operands;
  o.weight = as_row_major(call.op, o.weight);
  o.bias = as_row_major(call.op, o.bias);
  const auto packed = !call.training && keeps(o.weight, operands.weight)
                          ? kept_pack(entry, call.shape, o.weight.data(), *o.weight.storage())
                          : pack(entry, call.shape, o.weight.data());
  kernels::ConvArgs args = conv_args(call, o, target);
  args.packed = packed->data();
  run(entry, args);
}

Step plan_conv(const ConvCall& given, const ConvOperands& operands, const StepRequest& request) {
  const ConvCall call = typed(given, operands, request.target);
  ConvOperands o = operands;
  for (const Tensor& t : {o.source, o.residual, request.target}) require_channels_last(call.op, t);
  o.weight = as_row_major(call.op, o.weight);
  o.bias = as_row_major(call.op, o.bias);
  const Wanted wanted{.activation = call.epilogue.activation,
                      .precision = request.precision,
                      .entry = request.kernel,
                      .timed = request.tuned != nullptr};
  auto choice = choose_conv(call.pass, call.shape, wanted);
  const kernels::ConvArgs args = conv_args(call, o, request.target);
  if (request.tuned != nullptr)
    tune(choice,
         tuning_key(call.pass == ConvPass::forward ? "conv" : "conv data", call.shape, wanted),
         args, o.weight.data(), *request.tuned);
  auto packed = keeps(o.weight, operands.weight)
                    ? kept_pack(*choice.entry, call.shape, o.weight.data(), *o.weight.storage())
                    : pack(*choice.entry, call.shape, o.weight.data());
  o.weight = {};
  Step step = step_of(choice, args, std::move(packed), request);
  step.run = [run = std::move(step.run), o, target = request.target]() { run(); };
  return step;
}

void run_conv_weight(const ConvWeightCall& call, const Tensor& x, const Tensor& dy,
                     const Tensor& dw) {
  kernels::ConvWeightArgs args{.shape = call.shape,
                               .x = x.data(),
                               .x_pixel = x.pixel_stride(),
                               .dy = dy.data(),
                               .dy_pixel = dy.pixel_stride(),
                               .dw = dw.data()};
  run(conv_weight_kernel(call.op, call.shape, {.precision = call.precision}), args);
}

void run_matmul(const MatmulCall& call, const float* a, const float* b, const float* bias, float* c,
                std::int64_t c_row) {
  run_packed(call, b,
             {.shape = call.shape,
              .a = a,
              .bias = bias,
              .c = c,
              .c_row = c_row,
              .epilogue = call.epilogue});
}

void run_matmul(const MatmulCall& given, const Tensor& a, const Tensor& b, const Tensor& bias,
                const Tensor& c) {
  const MatmulCall call = typed(given, a, c);
  run_packed(call, b.data(), matmul_args(call, a, bias, c));
}

Step plan_matmul(const MatmulCall& given, const Tensor& a, const Tensor& b, const Tensor& bias,
                 const StepRequest& request) {
  const MatmulCall call = typed(given, a, request.target);
  for (const Tensor& t : {a, request.target}) require_channels_last(call.op, t);
  const Wanted wanted{.activation = call.epilogue.activation,
                      .precision = request.precision,
                      .timed = request.tuned != nullptr};
  auto choice = choose_matmul(call.shape, wanted);
  const kernels::MatmulArgs args = matmul_args(call, a, bias, request.target);
  if (request.tuned != nullptr)
    tune(choice, tuning_key("matmul", call.shape, wanted), args, b.data(), *request.tuned);
  auto packed = call.keep != nullptr ? kept_pack(*choice.entry, call.shape, b.data(), *call.keep)
                                     : pack(*choice.entry, call.shape, b.data());
  Step step = step_of(choice, args, std::move(packed), request);
  step.run = [run = std::move(step.run), a, bias, target = request.target]() { run(); };
  return step;
}

Tensor bias_gradient(const Tensor& dy) {
  constexpr std::int64_t block = 1024;  // pixels
  const std::int64_t channels = dy.shape().channels();
  const std::int64_t pixels = dy.shape().batch() * dy.shape().spatial();
  const std::int64_t blocks = (pixels + block - 1) / block;
  const Tensor partial = Tensor::zeros({blocks, channels});
  runtime::parallel_for(blocks, 1, [&](std::int64_t first, std::int64_t last, int) {
    for (std::int64_t b = first; b < last; ++b) {
      float* sum = partial.data() + b * channels;
      for (std::int64_t p = b * block; p < std::min(pixels, (b + 1) * block); ++p) {
        const float* row = dy.data() + p * dy.pixel_stride();
        for (std::int64_t c = 0; c < channels; ++c) sum[c] += row[c];
      }
    }
  });
  Tensor db = Tensor::empty({channels});
  for (std::int64_t c = 0; c < channels; ++c) {
    double sum = 0;
    for (std::int64_t b = 0; b < blocks; ++b) sum += double{partial.data()[b * channels + c]};
    db.data()[c] = static_cast<float>(sum);
  }
  return db;
}

}  // namespace burin
