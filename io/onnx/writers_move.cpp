// concat, slice, pad, reshape, transpose, resize; dropout, which inference leaves out.
#include <cmath>
#include <string>

#include "io/onnx/writer.h"

namespace burin {
namespace {

void write_concat(ExportContext& c) {
  c.finish(c.add("Concat", c.operands()));
  c.set("axis", std::int64_t{std::get<AxisAttributes>(c.node().attributes).axis});
}

void write_slice(ExportContext& c) {
  const auto& a = std::get<SliceAttributes>(c.node().attributes);
  const int axis = a.axis < 0 ? a.axis + c.shape(0).rank() : a.axis;
  if (c.opens(axis)) c.refuse("a part of an axis that is not open", "axis " + std::to_string(axis));
  const std::string first = c.integers("first", {a.first});
  const std::string last = c.integers("last", {a.first + a.count});
  c.finish(c.add("Slice", {c.operand(0), first, last, c.integers("axis", {axis})}));
}

// The mode came with opset 19; before, each axis is gathered.
void write_wrapped(ExportContext& c, const PadAttributes& a) {
  std::string y = c.operand(0);
  for (int axis = 0; axis < c.shape(0).rank(); ++axis) {
    const auto n = static_cast<std::size_t>(axis);
    const std::int64_t size = c.shape(0)[axis];
    if (a.begin[n] == 0 && a.end[n] == 0) continue;
    if (c.opens(axis))
      c.refuse("a border of an axis that is not open", "axis " + std::to_string(axis));
    std::vector<std::int64_t> from;
    for (std::int64_t i = -a.begin[n]; i < size + a.end[n]; ++i)
      from.push_back((i % size + size) % size);
    y = c.add("Gather", {y, c.integers("axis" + std::to_string(axis), from)});
    c.set("axis", std::int64_t{axis});
  }
  c.finish(y);
}

void write_pad(ExportContext& c) {
  const auto& a = std::get<PadAttributes>(c.node().attributes);
  const auto rank = static_cast<std::ptrdiff_t>(c.shape(0).rank());
  std::vector<std::int64_t> pads(a.begin.begin(), a.begin.begin() + rank);
  pads.insert(pads.end(), a.end.begin(), a.end.begin() + rank);
  const std::string sizes = c.integers("pads", pads);
  constexpr std::string_view modes[] = {"constant", "edge", "reflect", "wrap"};
  if (a.mode == PadMode::wrap && c.opset() < 19) return write_wrapped(c, a);
  std::vector<std::string> operands{c.operand(0), sizes};
  if (a.mode == PadMode::constant) {
    const Tensor value = Tensor::empty(Shape(), c.node().type);
    value.fill(static_cast<float>(a.value));
    operands.push_back(c.numbers("value", value));
  }
  c.finish(c.add("Pad", operands));
  c.set("mode", modes[static_cast<int>(a.mode)]);
}

// Under an open batch the first size is what the others leave.
void write_reshape(ExportContext& c) {
  const Shape &x = c.shape(0), &y = c.node().shape;
  std::vector<std::int64_t> sizes(y.sizes().begin(), y.sizes().end());
  if (c.open_spatial() && x.rank() > 2 && x.spatial() != 1)
    c.refuse("an image whose sizes are not open", x.text());
  if (c.open_batch()) {
    if (sizes.empty()) c.refuse("a result with a batch", "a scalar");
    sizes[0] = -1;
  }
  c.finish(c.add("Reshape", {c.operand(0), c.integers("sizes", sizes)}));
}

void write_transpose(ExportContext& c) {
  const auto& order = std::get<TransposeAttributes>(c.node().attributes).order;
  c.finish(c.add("Transpose", {c.operand(0)}));
  c.set("perm", std::vector<std::int64_t>(order.begin(), order.end()));
}

// out/in of each axis as f32; whether floor(in * factor) gives out back.
bool factors(const Shape& x, const Shape& y, std::vector<float>& out) {
  bool exact = true;
  for (int axis = 0; axis < x.rank(); ++axis) {
    const auto in = static_cast<float>(x[axis]);
    out.push_back(static_cast<float>(y[axis]) / in);
    exact = exact && out.back() * in == static_cast<float>(y[axis]);
  }
  return exact;
}

void write_resize(ExportContext& c) {
  const auto& a = std::get<ResizeAttributes>(c.node().attributes);
  const Shape &x = c.shape(0), &y = c.node().shape;
  const std::string source = c.operand(0);
  std::vector<float> scales;
  const bool exact = factors(x, y, scales);
  bool whole = true;
  for (int axis = 2; axis < x.rank(); ++axis) whole = whole && y[axis] % x[axis] == 0;
  if (c.open_spatial() && !whole) c.refuse("whole factors where sizes are open", y.text());
  if (exact) {
    const auto count = static_cast<std::int64_t>(scales.size());
    const std::string values = c.numbers("scales", Tensor::from({count}, scales, Order::row_major));
    c.finish(c.add("Resize", {source, "", values}));
  } else {  // batch and channels as they come
    const std::string first = c.integers("first", {0}), last = c.integers("last", {2});
    const std::string kept = c.add("Slice", {c.add("Shape", {source}), first, last});
    const std::string sizes = c.add("Concat", {kept, c.integers("sizes", y.sizes().subspan(2))});
    c.set("axis", std::int64_t{0});
    c.finish(c.add("Resize", {source, "", "", sizes}));
  }
  const bool corners = a.coordinates == ResizeCoordinates::align_corners;
  const bool linear = a.mode == ResizeMode::bilinear;
  const bool repeats = !linear && whole && !corners;  // in the way that peers know best
  c.set("mode", linear ? "linear" : "nearest")
      .set("coordinate_transformation_mode", corners   ? "align_corners"
                                             : repeats ? "asymmetric"
                                                       : "half_pixel");
  if (!linear) c.set("nearest_mode", repeats ? "floor" : "round_prefer_ceil");
}

void write_dropout(ExportContext& c) { c.finish(c.operand(0)); }

constexpr OnnxWriter writers[] = {
    {"concat", write_concat},   {"slice", write_slice},         {"pad", write_pad},
    {"reshape", write_reshape}, {"transpose", write_transpose}, {"resize", write_resize},
    {"dropout", write_dropout},
};

}  // namespace

std::span<const OnnxWriter> onnx_writers_move() { return writers; }

}  // namespace burin
