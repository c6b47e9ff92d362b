// Ops that read or write through indices; blocks of depth and space.
#include "engine/ops/all_ops.h"
#include "io/onnx/rules.h"

namespace burin {
namespace {

void import_gather(ImportContext& c) {
  const int x = c.operand(0), axis = c.axis(c.integer("axis", 0), c.shape(x).rank());
  c.set(0, c.add(gather_op, {x, c.operand(1)}, AxisAttributes{.axis = axis}));
}

void import_gather_elements(ImportContext& c) {
  const int x = c.operand(0), axis = c.axis(c.integer("axis", 0), c.shape(x).rank());
  c.set(0, c.add(gather_elements_op, {x, c.operand(1)}, AxisAttributes{.axis = axis}));
}

void import_gather_nd(ImportContext& c) {
  const std::int64_t batch = c.integer("batch_dims", 0);
  if (batch < 0 || batch > Shape::max_rank) c.refuse("batch_dims " + std::to_string(batch));
  c.set(0, c.add(gather_nd_op, {c.operand(0), c.operand(1)},
                 BatchAttributes{.axes = static_cast<int>(batch)}));
}

ScatterMode mode_of(ImportContext& c) {
  const std::string reduction = c.text("reduction", "none");
  if (reduction == "none") return ScatterMode::replace;
  if (reduction == "add") return ScatterMode::add;
  if (reduction == "mul") return ScatterMode::multiply;
  if (reduction == "max") return ScatterMode::maximum;
  if (reduction == "min") return ScatterMode::minimum;
  c.refuse("reduction " + reduction);
}

void import_scatter(ImportContext& c) {
  const int x = c.operand(0);
  ScatterAttributes a{.axis = 0, .mode = mode_of(c)};
  const bool by_tuple = c.op() == "ScatterND";
  if (!by_tuple) a.axis = c.axis(c.integer("axis", 0), c.shape(x).rank());
  c.set(0,
        c.add(by_tuple ? scatter_nd_op : scatter_elements_op, {x, c.operand(1), c.operand(2)}, a));
}

void import_one_hot(ImportContext& c) {
  const int indices = add_cast(c, c.operand(0), DType::i64);
  const int depth = add_cast(c, c.operand(1), DType::i64);
  const std::vector<std::int64_t> size = c.integers_of(depth, "depth");
  const int rank = c.shape(indices).rank() + 1;
  if (size.size() != 1 || rank > Shape::max_rank) c.refuse("depth or rank");
  const int axis = c.axis(c.integer("axis", -1), rank);
  c.set(0, c.add(one_hot_op, {indices, c.operand(2)},
                 OneHotAttributes{.axis = axis, .depth = size[0]}));
}

// Where the condition is known, entries along an axis or of the flat tensor.
void import_compress(ImportContext& c) {
  int x = c.operand(0);
  const Tensor* condition = c.constant(c.operand(1));
  if (condition == nullptr || condition->dtype() != DType::boolean)
    c.refuse("a condition that is known only when the graph runs");
  const std::vector<float> numbers = condition->to_vector();
  int axis = 0;
  if (c.has_attribute("axis"))
    axis = c.axis(c.integer("axis"), c.shape(x).rank());
  else
    x = c.reshape(x, Shape{c.shape(x).elements()});
  std::vector<std::int64_t> taken;
  for (std::size_t i = 0; i < numbers.size(); ++i)
    if (numbers[i] != 0) taken.push_back(static_cast<std::int64_t>(i));
  const int indices = c.add_constant(Shape{static_cast<std::int64_t>(taken.size())}, taken);
  c.set(0, c.add(gather_op, {x, indices}, AxisAttributes{.axis = axis}));
}

// [n, c, h, w] with block b, as the two ways to split six axes.
void import_blocks(ImportContext& c) {
  const int x = c.operand(0);
  const Shape s = c.shape(x);
  const std::int64_t b = c.integer("blocksize");
  const bool to_depth = c.op() == "SpaceToDepth";
  const std::string mode = c.text("mode", "DCR");
  if (mode != "DCR" && mode != "CRD") c.refuse("mode " + mode);
  if (s.rank() != 4 || b < 1 || b > 1024 ||
      (to_depth ? s[2] % b != 0 || s[3] % b != 0 : s[1] % (b * b) != 0))
    c.refuse("blocks of " + std::to_string(b) + " in " + s.text());
  Shape split, joined;
  std::vector<int> order;
  if (to_depth) {
    split = {s[0], s[1], s[2] / b, b, s[3] / b, b};
    order = mode == "DCR" ? std::vector<int>{0, 3, 5, 1, 2, 4} : std::vector<int>{0, 1, 3, 5, 2, 4};
    joined = {s[0], s[1] * b * b, s[2] / b, s[3] / b};
  } else {
    const std::int64_t depth = s[1] / (b * b);
    const bool blocks_first = mode == "DCR";
    split =
        blocks_first ? Shape{s[0], b, b, depth, s[2], s[3]} : Shape{s[0], depth, b, b, s[2], s[3]};
    order = blocks_first ? std::vector<int>{0, 3, 4, 1, 5, 2} : std::vector<int>{0, 1, 4, 2, 5, 3};
    joined = {s[0], depth, s[2] * b, s[3] * b};
  }
  const int parts = c.add(transpose_op, {c.reshape(x, split)}, TransposeAttributes{.order = order});
  c.set(0, c.reshape(parts, joined));
}

constexpr OnnxRule rules[] = {
    {"Compress", import_compress},  {"DepthToSpace", import_blocks},
    {"Gather", import_gather},      {"GatherElements", import_gather_elements},
    {"GatherND", import_gather_nd}, {"OneHot", import_one_hot},
    {"Scatter", import_scatter},    {"ScatterElements", import_scatter},
    {"ScatterND", import_scatter},  {"SpaceToDepth", import_blocks},
};

}  // namespace

std::span<const OnnxRule> onnx_rules_index() { return rules; }

}  // namespace burin
