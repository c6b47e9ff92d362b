// Ops that read and write through indices, repeat and take steps.
#include <limits>

#include "io/onnx/writer.h"

namespace burin {
namespace {

void write_with_axis(ExportContext& c, std::string_view op) {
  c.finish(c.add(op, c.operands()));
  c.set("axis", std::int64_t{std::get<AxisAttributes>(c.node().attributes).axis});
}
void write_gather(ExportContext& c) { write_with_axis(c, "Gather"); }
void write_gather_elements(ExportContext& c) { write_with_axis(c, "GatherElements"); }

void write_gather_nd(ExportContext& c) {
  c.finish(c.add("GatherND", c.operands()));
  c.set("batch_dims", std::int64_t{std::get<BatchAttributes>(c.node().attributes).axes});
}

// Sums and products came with opset 16, extremes with 18.
void write_scatter(ExportContext& c) {
  constexpr std::string_view names[] = {"none", "add", "mul", "max", "min"};
  const auto& a = std::get<ScatterAttributes>(c.node().attributes);
  const int since = a.mode == ScatterMode::replace ? 13 : a.mode < ScatterMode::maximum ? 16 : 18;
  if (c.opset() < since)
    c.refuse("opset " + std::to_string(since) + " for this scatter", std::to_string(c.opset()));
  const bool by_tuple = c.node().op->name == "scatter_nd";
  c.finish(c.add(by_tuple ? "ScatterND" : "ScatterElements", c.operands()));
  if (!by_tuple) c.set("axis", std::int64_t{a.axis});
  if (a.mode != ScatterMode::replace) c.set("reduction", names[static_cast<int>(a.mode)]);
}

void write_one_hot(ExportContext& c) {
  const auto& a = std::get<OneHotAttributes>(c.node().attributes);
  const std::string depth = c.integers("depth", {a.depth});
  c.finish(c.add("OneHot", {c.operand(0), depth, c.operand(1)}));
  c.set("axis", std::int64_t{a.axis});
}

// The second result of TopK.
void write_top(ExportContext& c) {
  const auto& a = std::get<TopAttributes>(c.node().attributes);
  const std::string count = c.integers("count", {a.count});
  c.finish(c.add_many("TopK", {c.operand(0), count}, 2)[1]);
  c.set("axis", std::int64_t{a.axis}).set("largest", std::int64_t{!a.smallest});
}

void write_expand(ExportContext& c) {
  if (c.open_batch()) c.refuse("a batch that is not open", c.node().shape.text());
  c.finish(c.add("Expand", {c.operand(0), c.integers("shape", c.node().shape.sizes())}));
}

void write_tile(ExportContext& c) {
  const auto& repeats = std::get<ShapeAttributes>(c.node().attributes).shape;
  c.finish(c.add("Tile", {c.operand(0), c.integers("repeats", repeats)}));
}

void write_slice_steps(ExportContext& c) {
  const auto& a = std::get<StepsAttributes>(c.node().attributes);
  std::vector<std::int64_t> first, last, axes, steps;
  for (std::size_t i = 0; i < a.count.size(); ++i) {
    const auto axis = static_cast<int>(i);
    if (a.first[i] == 0 && a.step[i] == 1 && a.count[i] == c.shape(0)[axis]) continue;
    if (c.opens(axis))
      c.refuse("a part of an axis that is not open", "axis " + std::to_string(axis));
    const std::int64_t end = a.first[i] + a.count[i] * a.step[i];
    first.push_back(a.first[i]);
    last.push_back(end < 0 ? std::numeric_limits<std::int64_t>::min() + 1 : end);
    axes.push_back(axis);
    steps.push_back(a.step[i]);
  }
  c.finish(c.add("Slice", {c.operand(0), c.integers("first", first), c.integers("last", last),
                           c.integers("axes", axes), c.integers("steps", steps)}));
}

constexpr OnnxWriter writers[] = {
    {"gather", write_gather},
    {"gather_elements", write_gather_elements},
    {"gather_nd", write_gather_nd},
    {"scatter_elements", write_scatter},
    {"scatter_nd", write_scatter},
    {"one_hot", write_one_hot},
    {"top", write_top},
    {"expand", write_expand},
    {"tile", write_tile},
    {"slice_steps", write_slice_steps},
};

}  // namespace

std::span<const OnnxWriter> onnx_writers_index() { return writers; }

}  // namespace burin
