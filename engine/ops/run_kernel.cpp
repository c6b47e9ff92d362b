#include "engine/ops/run_kernel.h"

#include <omp.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <vector>

#include "engine/ops/operands.h"
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
  list.push_back(wanted);
  return wanted.packed;
}

template <class Entry, class Args>
void run(const Entry& entry, Args& args) {
  const auto& shape = args.shape;
  std::shared_ptr<Storage> shared;
  if (const std::size_t bytes = entry.shared_bytes(shape); bytes > 0) {
    shared = Storage::allocate(bytes);
    args.shared = shared->data();
  }
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

}  // namespace

void run_conv(const ConvCall& call, const Tensor& source, const Tensor& weight, const Tensor& bias,
              const Tensor& target) {
  const kernels::ConvKernel& entry = conv_kernel(call.op, call.pass, call.shape);
  const Tensor w = as_row_major(call.op, weight), b = as_row_major(call.op, bias);
  const bool keep = !call.training && w.storage() == weight.storage() && w.layout().offset() == 0;
  const auto packed = keep ? kept_pack(entry, call.shape, w.data(), *w.storage())
                           : pack(entry, call.shape, w.data());
  kernels::ConvArgs args{.shape = call.shape,
                         .source = source.data(),
                         .source_pixel = source.pixel_stride(),
                         .packed = packed->data(),
                         .bias = b ? b.data() : nullptr,
                         .target = target.data(),
                         .target_pixel = target.pixel_stride()};
  run(entry, args);
}

void run_conv_weight(std::string_view op, const ConvShape& shape, const Tensor& x, const Tensor& dy,
                     const Tensor& dw) {
  kernels::ConvWeightArgs args{.shape = shape,
                               .x = x.data(),
                               .x_pixel = x.pixel_stride(),
                               .dy = dy.data(),
                               .dy_pixel = dy.pixel_stride(),
                               .dw = dw.data()};
  run(conv_weight_kernel(op, shape), args);
}

void run_matmul(const MatmulCall& call, const float* a, const float* b, const float* bias, float* c,
                std::int64_t c_row) {
  const kernels::MatmulKernel& entry = matmul_kernel(call.op, call.pass, call.shape);
  const auto packed = call.keep != nullptr ? kept_pack(entry, call.shape, b, *call.keep)
                                           : pack(entry, call.shape, b);
  kernels::MatmulArgs args{
      .shape = call.shape, .a = a, .packed = packed->data(), .bias = bias, .c = c, .c_row = c_row};
  run(entry, args);
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
