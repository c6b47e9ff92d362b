// Runs one convolution entry the way the engine does, in guarded memory.
#pragma once

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "kernels/bf16.h"
#include "kernels/conv/conv.h"
#include "tests/support/guarded_buffer.h"

namespace burin::test {

enum class TaskOrder { whole, single, reverse, ranges };

// Numbers of one case. Gaps between pixels hold `gap` and must keep it.
struct ConvNumbers {
  std::vector<float> x, dy, w, bias_out, bias_in;  // dense; biases of oc and c numbers, or empty
  std::vector<float> residual_out, residual_in;    // as y and dx, where the shape has a residual
  int x_gap = 0, dy_gap = 0;                       // pixel stride - channels
  kernels::Epilogue epilogue{};
};

struct ConvResult {
  std::vector<float> numbers;
  std::string fault;  // what was written where it must not be
};

inline constexpr float gap_value = 12352.0f;  // the same in bf16

inline std::size_t up_to_line(std::size_t bytes) { return (bytes + 63) / 64 * 64; }

// Activations as a shape stores them, in guarded memory.
class Activations {
 public:
  Activations(kernels::Element type, std::size_t count, Guard guard)
      : f32_(type == kernels::Element::f32 ? count : 0, guard),
        bf16_(type == kernels::Element::f32 ? 0 : count, guard),
        is_f32_(type == kernels::Element::f32) {}

  [[nodiscard]] void* data() {
    return is_f32_ ? static_cast<void*>(f32_.data()) : static_cast<void*>(bf16_.data());
  }
  [[nodiscard]] std::size_t size() const { return is_f32_ ? f32_.size() : bf16_.size(); }
  [[nodiscard]] bool intact() const { return f32_.intact() && bf16_.intact(); }
  void set(std::size_t i, float value) {
    if (is_f32_)
      f32_.data()[i] = value;
    else
      bf16_.data()[i] = kernels::round_bf16(value);
  }
  [[nodiscard]] float get(std::size_t i) {
    return is_f32_ ? f32_.data()[i] : kernels::widen_bf16(bf16_.data()[i]);
  }

 private:
  GuardedBuffer<float> f32_;
  GuardedBuffer<std::uint16_t> bf16_;
  bool is_f32_;
};

// Dense pixels to a guarded buffer whose last pixel has no gap behind it.
inline void spread(Activations& to, const std::vector<float>& from, int channels, int gap) {
  for (std::size_t i = 0; i < to.size(); ++i) to.set(i, gap_value);
  const auto c = static_cast<std::size_t>(channels),
             stride = static_cast<std::size_t>(channels + gap);
  for (std::size_t i = 0; i < from.size(); ++i) to.set(i / c * stride + i % c, from[i]);
}
inline std::size_t spread_size(std::int64_t pixels, int channels, int gap) {
  return static_cast<std::size_t>((pixels - 1) * (channels + gap) + channels);
}

template <class Entry, class Args>
void run_tasks(const Entry& entry, const Args& args, TaskOrder order, void* workspace) {
  const bool whole = (entry.flags & kernels::kernel_whole) != 0 || order == TaskOrder::whole;
  for (int stage = 0; stage < entry.stages; ++stage) {
    const std::int64_t tasks = entry.tasks(args.shape, stage);
    if (whole) entry.run(args, stage, 0, tasks, workspace);
    if (!whole && order == TaskOrder::ranges)
      for (std::int64_t t = 0; t < tasks; t += 3)
        entry.run(args, stage, t, std::min(tasks, t + 3), workspace);
    if (!whole && order == TaskOrder::single)
      for (std::int64_t t = 0; t < tasks; ++t) entry.run(args, stage, t, t + 1, workspace);
    if (!whole && order == TaskOrder::reverse)
      for (std::int64_t t = tasks; t-- > 0;) entry.run(args, stage, t, t + 1, workspace);
  }
}

// In two calls where the entry allows it: what a thread packs must not depend on another's part.
template <class Entry, class Shape>
void pack_in_two(const Entry& entry, const Shape& shape, const float* from, void* packed) {
  const std::int64_t tasks = entry.pack_tasks(shape);
  const std::int64_t half = (entry.flags & kernels::kernel_whole) != 0 ? tasks : tasks / 2;
  entry.pack(shape, from, packed, 0, half);
  if (half < tasks) entry.pack(shape, from, packed, half, tasks);
}

// Workspace and shared memory start as NaNs: an entry that reads what it did not write is found.
struct Scratch {
  template <class Entry, class Shape>
  Scratch(const Entry& entry, const Shape& shape, Guard guard)
      : workspace(up_to_line(entry.workspace_bytes(shape)), guard),
        shared(up_to_line(entry.shared_bytes(shape)), guard) {
    std::memset(workspace.data(), 0xff, workspace.size());
    std::memset(shared.data(), 0xff, shared.size());
  }
  GuardedBuffer<std::uint8_t> workspace, shared;
};

inline ConvResult collect(Activations& target, std::int64_t pixels, int channels, int gap) {
  ConvResult result;
  if (!target.intact()) result.fault = "wrote beyond the target";
  const auto c = static_cast<std::size_t>(channels),
             stride = static_cast<std::size_t>(channels + gap);
  for (std::size_t i = 0; i < target.size(); ++i) {
    if (i % stride < c)
      result.numbers.push_back(target.get(i));
    else if (target.get(i) != gap_value)
      result.fault = "wrote between pixels";
  }
  if (result.numbers.size() != static_cast<std::size_t>(pixels) * c) result.fault = "wrong size";
  return result;
}

// Forward (x -> y) or data (dy -> dx).
inline ConvResult run_conv(const kernels::ConvKernel& entry, const kernels::ConvShape& s,
                           bool forward, const ConvNumbers& n, TaskOrder order, Guard guard) {
  const std::int64_t in = s.batch * s.in_pixels(), out = s.batch * s.out_pixels();
  const std::vector<float>& from = forward ? n.x : n.dy;
  const std::vector<float>& bias_from = forward ? n.bias_out : n.bias_in;
  const int c_from = forward ? s.in_channels : s.out_channels,
            gap_from = forward ? n.x_gap : n.dy_gap;
  const int c_to = forward ? s.out_channels : s.in_channels, gap_to = forward ? n.dy_gap : n.x_gap;
  Activations source(s.source_type, spread_size(forward ? in : out, c_from, gap_from), guard);
  Activations target(s.target_type, spread_size(forward ? out : in, c_to, gap_to), guard);
  const bool add = s.residual;
  Activations residual(s.target_type, add ? target.size() : 0, guard);
  GuardedBuffer<float> weights(n.w.size(), guard), bias(bias_from.size(), guard);
  GuardedBuffer<std::uint8_t> packed(up_to_line(entry.packed_bytes(s)), guard);
  Scratch scratch(entry, s, guard);
  spread(source, from, c_from, gap_from);
  spread(target, {}, c_to, gap_to);
  if (add) spread(residual, forward ? n.residual_out : n.residual_in, c_to, gap_to);
  weights.assign(n.w);
  bias.assign(bias_from);
  std::memset(packed.data(), 0xff, packed.size());
  if (entry.pack != nullptr) pack_in_two(entry, s, weights.data(), packed.data());
  const kernels::ConvArgs args{.shape = s,
                               .source = source.data(),
                               .source_pixel = c_from + gap_from,
                               .packed = packed.data(),
                               .bias = bias_from.empty() ? nullptr : bias.data(),
                               .residual = add ? residual.data() : nullptr,
                               .residual_pixel = c_to + gap_to,
                               .target = target.data(),
                               .target_pixel = c_to + gap_to,
                               .epilogue = n.epilogue,
                               .shared = scratch.shared.data()};
  run_tasks(entry, args, order, scratch.workspace.data());
  ConvResult result = collect(target, forward ? out : in, c_to, gap_to);
  if (!source.intact() || !weights.intact() || !bias.intact() || !residual.intact())
    result.fault = "wrote into an input";
  if (!packed.intact()) result.fault = "wrote beyond packed";
  if (!scratch.workspace.intact()) result.fault = "wrote beyond the workspace";
  if (!scratch.shared.intact()) result.fault = "wrote beyond shared";
  return result;
}

inline ConvResult run_conv_weight(const kernels::ConvWeightKernel& entry,
                                  const kernels::ConvShape& s, const ConvNumbers& n,
                                  TaskOrder order, Guard guard) {
  const std::int64_t in = s.batch * s.in_pixels(), out = s.batch * s.out_pixels();
  Activations x(s.source_type, spread_size(in, s.in_channels, n.x_gap), guard);
  Activations dy(s.target_type, spread_size(out, s.out_channels, n.dy_gap), guard);
  Activations dw(kernels::Element::f32, n.w.size(), guard);
  Scratch scratch(entry, s, guard);
  spread(x, n.x, s.in_channels, n.x_gap);
  spread(dy, n.dy, s.out_channels, n.dy_gap);
  std::memset(dw.data(), 0xff, n.w.size() * sizeof(float));
  const kernels::ConvWeightArgs args{.shape = s,
                                     .x = x.data(),
                                     .x_pixel = s.in_channels + n.x_gap,
                                     .dy = dy.data(),
                                     .dy_pixel = s.out_channels + n.dy_gap,
                                     .dw = static_cast<float*>(dw.data()),
                                     .shared = scratch.shared.data()};
  run_tasks(entry, args, order, scratch.workspace.data());
  ConvResult result = collect(dw, static_cast<std::int64_t>(n.w.size()), 1, 0);
  if (!x.intact() || !dy.intact()) result.fault = "wrote into an input";
  if (!scratch.workspace.intact()) result.fault = "wrote beyond the workspace";
  if (!scratch.shared.intact()) result.fault = "wrote beyond shared";
  return result;
}

}  // namespace burin::test
