// Concat, Split, Slice in steps of 1, Pad with a constant, Transpose.
#include <algorithm>
#include <numeric>

#include "engine/ops/all_ops.h"
#include "io/onnx/rules.h"

namespace burin {
namespace {

void import_concat(ImportContext& c) {
  std::vector<int> parts;
  for (std::size_t i = 0; i < c.operands(); ++i) parts.push_back(c.operand(i));
  if (parts.empty()) c.refuse("no operands");
  const int axis = c.axis(c.integer("axis"), c.shape(parts[0]).rank());
  c.set(0, c.add(concat_op, parts, AxisAttributes{.axis = axis}));
}

int part(ImportContext& c, int x, int axis, std::int64_t first, std::int64_t count) {
  if (first == 0 && count == c.shape(x)[axis]) return x;
  return c.add(slice_op, {x}, SliceAttributes{.axis = axis, .first = first, .count = count});
}

// Lengths are written, or equal but for a shorter last one.
void import_split(ImportContext& c) {
  const int x = c.operand(0);
  const int axis = c.axis(c.integer("axis", 0), c.shape(x).rank());
  const std::int64_t size = c.shape(x)[axis], count = static_cast<std::int64_t>(c.results());
  if (c.integer("num_outputs", count) != count) c.refuse("num_outputs");
  const auto written = c.integers(1, "split");
  if (written && static_cast<std::int64_t>(written->size()) != count)
    c.refuse("split of " + std::to_string(written->size()) + " numbers");
  const std::int64_t equal = (size + count - 1) / count;
  std::int64_t first = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    const auto at = static_cast<std::size_t>(i);
    const std::int64_t length = written ? (*written)[at] : std::min(equal, size - first);
    if (length < 0 || length > size - first) c.refuse("split that is longer than the axis");
    if (c.wants(at)) c.set(at, part(c, x, axis, first, length));
    first += length;
  }
  if (first != size) c.refuse("split of " + std::to_string(first) + " of " + std::to_string(size));
}

void import_slice(ImportContext& c) {
  int x = c.operand(0);
  const int rank = c.shape(x).rank();
  const auto starts = c.integers(1, "starts"), ends = c.integers(2, "ends");
  if (!starts || !ends || starts->size() != ends->size()) c.refuse("starts and ends");
  std::vector<std::int64_t> all(starts->size());
  std::iota(all.begin(), all.end(), 0);
  const std::vector<std::int64_t> axes = c.integers(3, "axes").value_or(all);
  const std::vector<std::int64_t> steps =
      c.has(4) ? c.integers_of(c.operand(4), "steps") : std::vector<std::int64_t>(all.size(), 1);
  if (axes.size() != all.size() || steps.size() != all.size()) c.refuse("axes or steps");
  static_cast<void>(c.axes(axes, rank));  // each once
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const int axis = c.axis(axes[i], rank);
    const std::int64_t size = c.shape(x)[axis];
    if (steps[i] != 1) c.refuse("steps of " + std::to_string(steps[i]));
    const auto place = [&](std::int64_t at) {
      return std::clamp<std::int64_t>(at < 0 ? at + size : at, 0, size);
    };
    const std::int64_t first = place((*starts)[i]), last = place((*ends)[i]);
    x = part(c, x, axis, first, std::max<std::int64_t>(0, last - first));
  }
  c.set(0, x);
}

// Pads of all axes, or of `axes` (opset 18): those in front, then those behind.
PadAttributes pads_of(ImportContext& c, int rank) {
  const auto pads = c.integers(1, c.has_attribute("paddings") ? "paddings" : "pads");
  if (!pads) c.refuse("pads are missing");
  std::vector<std::int64_t> axes(static_cast<std::size_t>(rank));
  std::iota(axes.begin(), axes.end(), 0);
  if (c.has(3)) axes = c.integers_of(c.operand(3), "axes");
  static_cast<void>(c.axes(axes, rank));  // each once
  if (pads->size() != 2 * axes.size())
    c.refuse("pads of " + std::to_string(pads->size()) + " numbers");
  PadAttributes a;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const auto axis = static_cast<std::size_t>(c.axis(axes[i], rank));
    a.begin[axis] = (*pads)[i];
    a.end[axis] = (*pads)[i + axes.size()];
    constexpr std::int64_t most = std::int64_t{1} << 40;
    if (std::max(std::abs(a.begin[axis]), std::abs(a.end[axis])) > most)
      c.refuse("pads above 2^40");
  }
  return a;
}

void import_pad(ImportContext& c) {
  const int x = c.f32(0);
  const std::string mode = c.text("mode", "constant");
  if (mode != "constant") c.refuse("mode " + mode);
  PadAttributes a = pads_of(c, c.shape(x).rank());
  a.value = c.has(2) ? c.number_of(c.operand(2), "value") : c.number("value", 0);
  c.set(0, c.add(pad_op, {x}, a));
}

void import_transpose(ImportContext& c) {
  const int x = c.operand(0), rank = c.shape(x).rank();
  std::vector<int> order(static_cast<std::size_t>(rank));
  std::iota(order.rbegin(), order.rend(), 0);
  if (const auto written = c.integers("perm")) {
    order.clear();
    for (const std::int64_t axis : *written) order.push_back(c.axis(axis, rank));
  }
  c.set(0, c.add(transpose_op, {x}, TransposeAttributes{.order = order}));
}

constexpr OnnxRule rules[] = {
    {"Concat", import_concat},       {"Pad", import_pad},
    {"Slice", import_slice},         {"Split", import_split},
    {"Transpose", import_transpose},
};

}  // namespace

std::span<const OnnxRule> onnx_rules_move() { return rules; }

}  // namespace burin
