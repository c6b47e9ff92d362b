// Reductions over axes, the indices of extremes, running sums.
#include <algorithm>

#include "engine/ops/all_ops.h"
#include "io/onnx/rules.h"

namespace burin {
namespace {

int function(ImportContext& c, Unary f, int x) { return c.add(unary_op, {x}, UnaryAttributes{f}); }

// log(sum(exp(x))) with the greatest number taken out of the exponent.
int log_sum_exp(ImportContext& c, int x, const AxesAttributes& a) {
  const int greatest =
      c.add(reduce_op, {x},
            ReduceAttributes{.function = Reduction::maximum, .axes = a.axes, .keep = true});
  const int powers = function(c, Unary::exponential, c.add(subtract_op, {x, greatest}));
  const int sum = c.add(sum_op, {powers}, AxesAttributes{.axes = a.axes, .keep = true});
  const int kept =
      c.add(add_op, {function(c, Unary::logarithm, sum), greatest}, ActivationAttributes{});
  if (a.keep) return kept;
  std::vector<std::int64_t> sizes;
  for (int axis = 0; axis < c.shape(x).rank() && !a.axes.empty(); ++axis)
    if (!std::ranges::binary_search(a.axes, axis)) sizes.push_back(c.shape(x)[axis]);
  return c.reshape(kept, sizes);
}

int reduced(ImportContext& c, int x, const AxesAttributes& a) {
  const std::string_view name = c.op().substr(std::string_view("Reduce").size());
  const auto sum = [&](int of) { return c.add(sum_op, {of}, a); };
  const auto extreme = [&](Reduction function) {  // of bools as of 0 and 1
    const DType type = c.type(x), number = type == DType::boolean ? DType::u8 : type;
    const ReduceAttributes r{function, a.axes, a.keep};
    return add_cast(c, c.add(reduce_op, {add_cast(c, x, number)}, r), type);
  };
  if (name == "Sum") return sum(x);
  if (name == "Mean") return c.add(mean_op, {x}, a);
  if (name == "Max") return extreme(Reduction::maximum);
  if (name == "Min") return extreme(Reduction::minimum);
  if (name == "Prod") return extreme(Reduction::product);
  if (name == "L1") return sum(function(c, Unary::absolute, x));
  if (name == "LogSum") return function(c, Unary::logarithm, sum(x));
  if (name == "LogSumExp") return log_sum_exp(c, x, a);
  const int squares = sum(c.add(multiply_op, {x, x}));
  return name == "L2" ? function(c, Unary::square_root, squares) : squares;
}

// Axes are an attribute, and since opset 13 (sum) or 18 an operand. None: all of them, or with
// noop_with_empty_axes no reduction.
void import_reduce(ImportContext& c) {
  const int x = c.operand(0);
  const std::vector<std::int64_t> written =
      c.integers(1, "axes").value_or(std::vector<std::int64_t>());
  const AxesAttributes a{.axes = c.axes(written, c.shape(x).rank()),
                         .keep = c.integer("keepdims", 1) != 0};
  if (c.integer("noop_with_empty_axes", 0) != 0 && written.empty()) return c.set(0, x);
  c.set(0, reduced(c, x, a));
}

void import_arg(ImportContext& c) {
  const int x = c.operand(0);
  ArgAttributes a{.axis = c.axis(c.integer("axis", 0), c.shape(x).rank()),
                  .keep = c.integer("keepdims", 1) != 0};
  a.smallest = c.op() == "ArgMin";
  a.last = c.integer("select_last_index", 0) != 0;
  c.set(0, c.add(arg_extreme_op, {x}, a));
}

void import_cumulative_sum(ImportContext& c) {
  const int x = c.operand(0);
  const std::vector<std::int64_t> axis = c.integers_of(c.operand(1), "axis");
  if (axis.size() != 1) c.refuse("axis of " + std::to_string(axis.size()) + " numbers");
  CumulativeAttributes a{.axis = c.axis(axis[0], c.shape(x).rank())};
  a.exclusive = c.integer("exclusive", 0) != 0;
  a.reverse = c.integer("reverse", 0) != 0;
  c.set(0, c.add(cumulative_sum_op, {x}, a));
}

// Values and indices of the greatest or smallest numbers, best first.
void import_top(ImportContext& c) {
  const int x = c.operand(0), axis = c.axis(c.integer("axis", -1), c.shape(x).rank());
  c.ignore({"sorted"});
  std::int64_t count = 0;
  if (c.has(1)) {
    const std::vector<std::int64_t> k = c.integers_of(c.operand(1), "k");
    if (k.size() != 1) c.refuse("k of " + std::to_string(k.size()) + " numbers");
    count = k[0];
  } else {
    count = c.integer("k");
  }
  const TopAttributes a{.axis = axis, .count = count, .smallest = c.integer("largest", 1) == 0};
  const int places = c.add(top_op, {x}, a);
  c.set(0, c.add(gather_elements_op, {x, places}, AxisAttributes{.axis = axis}));
  c.set(1, places);
}

constexpr OnnxRule rules[] = {
    {"ArgMax", import_arg},
    {"ArgMin", import_arg},
    {"CumSum", import_cumulative_sum},
    {"ReduceL1", import_reduce},
    {"ReduceL2", import_reduce},
    {"ReduceLogSum", import_reduce},
    {"ReduceLogSumExp", import_reduce},
    {"ReduceMax", import_reduce},
    {"ReduceMean", import_reduce},
    {"ReduceMin", import_reduce},
    {"ReduceProd", import_reduce},
    {"ReduceSum", import_reduce},
    {"ReduceSumSquare", import_reduce},
    {"TopK", import_top},
};

}  // namespace

std::span<const OnnxRule> onnx_rules_reduce() { return rules; }

}  // namespace burin
