// Concat, Split, Slice, Pad, CenterCropPad, Transpose.
#include <algorithm>
#include <numeric>
#include <utility>

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

// All entries of every axis.
StepsAttributes whole(const Shape& shape) {
  const auto rank = static_cast<std::size_t>(shape.rank());
  return {.first = std::vector<std::int64_t>(rank, 0),
          .step = std::vector<std::int64_t>(rank, 1),
          .count = {shape.sizes().begin(), shape.sizes().end()}};
}

int part(ImportContext& c, int x, int axis, std::int64_t first, std::int64_t count) {
  if (first == 0 && count == c.shape(x)[axis]) return x;
  if (count == 0) {
    StepsAttributes none = whole(c.shape(x));
    none.count[static_cast<std::size_t>(axis)] = 0;
    return c.add(slice_steps_op, {x}, none);
  }
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

bool is_negative(std::int64_t number) { return number < 0; }

// Entries first, first + step, .. before `end`.
struct Range {
  std::int64_t first, count;
};
Range range_of(ImportContext& c, std::int64_t start, std::int64_t end, std::int64_t step,
               std::int64_t size) {
  if (step == 0) c.refuse("steps of 0");
  const auto place = [&](std::int64_t at, std::int64_t low, std::int64_t high) {
    return std::clamp<std::int64_t>(at < 0 ? at + size : at, low, high);
  };
  if (size == 0) return {0, 0};
  const bool down = step < 0;
  const std::int64_t first = place(start, 0, down ? size - 1 : size);
  const std::int64_t last = place(end, down ? -1 : 0, down ? size - 1 : size);
  const std::int64_t way = down ? first - last : last - first;
  // In quotients, since the step may be any number.
  const std::uint64_t stride =
      down ? std::uint64_t{0} - static_cast<std::uint64_t>(step) : static_cast<std::uint64_t>(step);
  return {
      first,
      way <= 0 ? 0 : static_cast<std::int64_t>((static_cast<std::uint64_t>(way) - 1) / stride) + 1};
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
  StepsAttributes stepped = whole(c.shape(x));
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const int axis = c.axis(axes[i], rank);
    const Range range = range_of(c, (*starts)[i], (*ends)[i], steps[i], c.shape(x)[axis]);
    const auto at = static_cast<std::size_t>(axis);
    if (steps[i] == 1) {
      x = part(c, x, axis, range.first, range.count);
      stepped.count[at] = range.count;
    } else {
      stepped.first[at] = range.first;
      stepped.step[at] = steps[i];
      stepped.count[at] = range.count;
    }
  }
  if (!(Shape(stepped.count) == c.shape(x)) || std::ranges::any_of(stepped.step, is_negative))
    x = c.add(slice_steps_op, {x}, stepped);
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
  const int x = c.operand(0);
  constexpr std::pair<std::string_view, PadMode> modes[] = {{"constant", PadMode::constant},
                                                            {"edge", PadMode::edge},
                                                            {"reflect", PadMode::reflect},
                                                            {"wrap", PadMode::wrap}};
  const std::string mode = c.text("mode", "constant");
  const auto found = std::ranges::find(modes, mode, &std::pair<std::string_view, PadMode>::first);
  if (found == std::end(modes)) c.refuse("mode " + mode);
  PadAttributes a = pads_of(c, c.shape(x).rank());
  a.mode = found->second;
  a.value = static_cast<double>(c.number("value", 0));
  if (c.has(2)) {
    const Tensor* value = c.constant(c.operand(2));
    if (value == nullptr) c.refuse("a value that is known only when the graph runs");
    const int wide = add_cast(c, c.operand(2), DType::f64);
    if (c.shape(wide).elements() != 1 || c.constant(wide) == nullptr) c.refuse("value");
    a.value = *c.constant(wide)->data<double>();
  }
  c.set(0, c.add(pad_op, {x}, a));
}

// Cuts or pads both sides of axes alike; an odd one goes behind.
void import_center(ImportContext& c) {
  const int x = c.operand(0), rank = c.shape(x).rank();
  const std::vector<std::int64_t> sizes = c.integers_of(c.operand(1), "shape");
  std::vector<std::int64_t> axes(sizes.size());
  std::iota(axes.begin(), axes.end(), 0);
  axes = c.integers("axes").value_or(axes);
  static_cast<void>(c.axes(axes, rank));  // each once
  if (axes.size() != sizes.size()) c.refuse("axes");
  PadAttributes a;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const int axis = c.axis(axes[i], rank);
    if (sizes[i] < 1 || sizes[i] > std::int64_t{1} << 40)
      c.refuse("a size of " + std::to_string(sizes[i]));
    const std::int64_t more = sizes[i] - c.shape(x)[axis];
    const auto at = static_cast<std::size_t>(axis);
    a.begin[at] = more / 2;  // towards 0
    a.end[at] = more - a.begin[at];
  }
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
    {"CenterCropPad", import_center}, {"Concat", import_concat}, {"Pad", import_pad},
    {"Slice", import_slice},          {"Split", import_split},   {"Transpose", import_transpose},
};

}  // namespace

std::span<const OnnxRule> onnx_rules_move() { return rules; }

}  // namespace burin
