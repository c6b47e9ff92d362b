#include "engine/graph/rows.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "engine/graph/placement.h"
#include "engine/ops/all_ops.h"
#include "engine/ops/choose_kernel.h"
#include "engine/ops/conv_shape.h"

namespace burin {
namespace {

using kernels::ConvShape;

bool multiplies(const Node& node) { return node.op == &conv_op || node.op == &conv_transpose_op; }
bool pools(const Node& node) { return node.op == &max_pool_op || node.op == &average_pool_op; }

// Of the arrays d,h,w of attributes.
std::size_t attribute_axis(const Shape& shape) {
  return static_cast<std::size_t>(row_axis + 3 - shape.rank());
}

// One axis of a window that moves along the source.
struct Window {
  std::int64_t kernel, stride, dilation, pad;
  [[nodiscard]] std::int64_t reach() const noexcept { return dilation * (kernel - 1); }
};
template <class A>
Window window_of(const A& a, std::size_t axis) {
  Window w{a.kernel[axis], a.stride[axis], 1, a.pad_begin[axis]};
  if constexpr (std::is_same_v<A, ConvAttributes>) w.dilation = a.dilation[axis];
  return w;
}
Window window_of(const Node& node) {
  const std::size_t axis = attribute_axis(node.shape);
  return pools(node) ? window_of(std::get<PoolAttributes>(node.attributes), axis)
                     : window_of(std::get<ConvAttributes>(node.attributes), axis);
}

std::int64_t floor_div(std::int64_t a, std::int64_t b) {
  return a >= 0 ? a / b : -((b - 1 - a) / b);
}

// Rows of the source without regard to its ends.
Rows window_rows(const Node& node, Rows rows) {
  const Window w = window_of(node);
  if (node.op == &conv_transpose_op)  // row i gives i*stride - pad .. + reach
    return {-floor_div(-(rows.first + w.pad - w.reach()), w.stride),
            floor_div(rows.last - 1 + w.pad, w.stride) + 1};
  return {rows.first * w.stride - w.pad, (rows.last - 1) * w.stride - w.pad + w.reach() + 1};
}

std::int64_t enlarged(const Graph& graph, const Node& node) {
  const std::int64_t in = row_count(graph.at(node.inputs[0]).shape), out = row_count(node.shape);
  return out % in == 0 ? out / in : 0;
}

bool is_nearest(const Graph& graph, const Node& node) {
  const auto& a = std::get<ResizeAttributes>(node.attributes);
  const Shape& x = graph.at(node.inputs[0]).shape;
  if (a.mode != ResizeMode::nearest || a.coordinates != ResizeCoordinates::half_pixel) return false;
  for (int axis = row_axis; axis < x.rank(); ++axis)
    if (node.shape[axis] % x[axis] != 0) return false;
  return true;
}

bool is_pointwise(const Node& node) {
  if (node.op == &activate_op) {
    const Activation a = std::get<ActivationAttributes>(node.attributes).activation;
    return a != Activation::sigmoid && a != Activation::tanh;  // their bits may depend on the cut
  }
  return node.op == &add_op || node.op == &add_activate_op || node.op == &subtract_op ||
         node.op == &multiply_op || node.op == &scale_op || joins_channels(node);
}

// Images have the rank, the rows and the batch of the result; constants have one row.
bool operands_fit(const Graph& graph, const Node& node) {
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    if (node.inputs[i] < 0) continue;
    const Shape& s = graph.at(node.inputs[i]).shape;
    const int axis = s.rank() - (node.shape.rank() - row_axis);
    const bool one_row = axis < 0 || (s[axis] == 1 && (axis < row_axis || s[0] == 1));
    if (reads_rows(graph, node, i) ? s.rank() != node.shape.rank() || s[0] != node.shape[0] ||
                                         (i > 0 && row_count(s) != row_count(node.shape))
                                   : is_pointwise(node) && (!one_row || joins_channels(node)))
      return false;
  }
  return true;
}

struct Problem {
  ConvPass pass;
  ConvShape shape;
  Wanted wanted;
};
// `x`: of the first operand; `node`: of the result.
Problem problem_of(const Graph& graph, const Node& node, const Shape& x, Precision precision) {
  const auto& a = std::get<ConvAttributes>(node.attributes);
  const auto element = [](DType type) {
    return type == DType::bf16 ? kernels::Element::bf16 : kernels::Element::f32;
  };
  const bool forward = node.op == &conv_op;
  ConvShape shape = forward ? conv_shape(x, node.shape, a) : conv_shape(node.shape, x, a);
  shape.source_type = element(graph.at(node.inputs[0]).type);
  shape.target_type = element(node.type);
  shape.residual = node.inputs.size() > 3 && node.inputs[3] >= 0;
  return {forward ? ConvPass::forward : ConvPass::data, shape, {a.activation, precision}};
}

bool weights_are_known(const Graph& graph, const Node& node) {
  for (const std::size_t i : {1, 2})
    if (i < node.inputs.size() && node.inputs[i] >= 0 && !graph.is_constant(node.inputs[i]))
      return false;
  return true;
}

void set_pads(Node& part, std::int64_t begin, std::int64_t end) {
  const std::size_t axis = attribute_axis(part.shape);
  const auto set = [&](auto& a) {
    a.pad_begin[axis] = static_cast<int>(begin);
    a.pad_end[axis] = static_cast<int>(std::max<std::int64_t>(0, end));
    if constexpr (std::is_same_v<std::remove_reference_t<decltype(a)>, ConvAttributes>)
      a.output_padding[axis] = static_cast<int>(std::max<std::int64_t>(0, -end));
  };
  if (pools(part))
    set(std::get<PoolAttributes>(part.attributes));
  else
    set(std::get<ConvAttributes>(part.attributes));
}

}  // namespace

bool reads_rows(const Graph& graph, const Node& node, std::size_t operand) {
  const int id = node.inputs[operand];
  return id >= 0 && !graph.is_constant(id);
}

std::optional<RowLocal> row_local(const Graph& graph, int id, Precision precision) {
  const Node& node = graph.at(id);
  const int rank = node.shape.rank();
  if (node.op == nullptr || (rank != 4 && rank != 5)) return {};
  if (!reads_rows(graph, node, 0) || !operands_fit(graph, node)) return {};
  const std::int64_t in = row_count(graph.at(node.inputs[0]).shape), out = row_count(node.shape);
  if (multiplies(node)) {
    if (!weights_are_known(graph, node)) return {};
    const Problem p = problem_of(graph, node, graph.at(node.inputs[0]).shape, precision);
    const auto entry = choose_conv(p.pass, p.shape, p.wanted).entry;
    if (entry->row_period == nullptr) return {};
    const Window w = window_of(node);
    // Every row of a transposed convolution has a source row, so that parts have one too.
    if (node.op == &conv_transpose_op && w.kernel < w.stride) return {};
    return RowLocal{entry->name, entry->row_period(p.shape),
                    node.op == &conv_transpose_op ? w.pad % w.stride : 0};
  }
  if (pools(node)) return RowLocal{};
  if (node.op == &resize_op && is_nearest(graph, node)) return RowLocal{{}, enlarged(graph, node)};
  if (node.op == &border_bias_op || is_pointwise(node))
    return in == out ? std::optional(RowLocal{}) : std::nullopt;
  return {};
}

Rows rows_read(const Graph& graph, const Node& node, std::size_t operand, Rows rows) {
  if (operand > 0) return rows;
  const std::int64_t all = row_count(graph.at(node.inputs[0]).shape);
  const auto inside = [all](Rows r) {
    return Rows{std::clamp<std::int64_t>(r.first, 0, all),
                std::clamp<std::int64_t>(r.last, 0, all)};
  };
  if (multiplies(node) || pools(node)) return inside(window_rows(node, rows));
  if (node.op != &resize_op) return rows;
  const std::int64_t factor = enlarged(graph, node);
  return inside({rows.first / factor, (rows.last + factor - 1) / factor});
}

Node part_of(const Graph& graph, int id, Rows rows) {
  const Node& node = graph.at(id);
  Node part = node;
  part.shape = node.shape.with(0, 1).with(row_axis, rows.count());
  if (multiplies(node) || pools(node)) {
    const Rows wanted = window_rows(node, rows), given = rows_read(graph, node, 0, rows);
    const Window w = window_of(node);
    if (node.op == &conv_transpose_op) {
      const std::int64_t begin = w.pad + rows.first - given.first * w.stride;
      set_pads(part, begin, (given.count() - 1) * w.stride - begin + w.reach() + 1 - rows.count());
    } else {
      set_pads(part, given.first - wanted.first, wanted.last - given.last);
    }
  } else if (node.op == &resize_op) {
    std::get<ResizeAttributes>(part.attributes).size[attribute_axis(node.shape)] = rows.count();
  }
  return part;
}

// border_bias: bias[3 * .. + place] of the first row, those inside and the last row.
Tensor part_of_constant(const Node& whole, const Tensor& constant, Rows rows) {
  if (whole.op != &border_bias_op) return constant;
  const std::int64_t all = row_count(whole.shape);
  const auto place = [all](std::int64_t row) { return row == 0 ? 0 : row == all - 1 ? 2 : 1; };
  const std::int64_t places[] = {place(rows.first), 1, place(rows.last - 1)};
  const Tensor from = constant.in_order(Order::row_major);
  const Tensor out = Tensor::empty(constant.shape(), DType::f32, Order::row_major);
  const std::int64_t third = constant.elements() / 3;
  for (std::int64_t i = 0; i < 3; ++i)
    std::copy_n(from.data() + places[i] * third, third, out.data() + i * third);
  return out;
}

bool serves(const Graph& graph, int id, const Node& part, const std::string& kernel,
            Precision precision) {
  if (kernel.empty()) return true;
  const Node& node = graph.at(id);
  const Shape& x = graph.at(node.inputs[0]).shape;
  const Window w = window_of(part);
  const auto& a = std::get<ConvAttributes>(part.attributes);
  const std::size_t axis = attribute_axis(part.shape);
  const std::int64_t out = row_count(part.shape);
  // The inverse of infer.
  const std::int64_t in =
      node.op == &conv_op
          ? (out - 1) * w.stride + w.reach() + 1 - w.pad - a.pad_end[axis]
          : (out - 1 + w.pad + a.pad_end[axis] - a.output_padding[axis] - w.reach()) / w.stride + 1;
  if (in < 1) return false;
  Problem p = problem_of(graph, part, x.with(0, 1).with(row_axis, in), precision);
  p.wanted.entry = kernel;
  return std::isfinite(least_cost(p.pass, p.shape, p.wanted));
}

KernelBytes kernel_bytes(const Graph& graph, Precision precision) {
  KernelBytes out;
  for (const Node& node : graph.nodes) {
    if (!multiplies(node) || !weights_are_known(graph, node)) continue;
    const Problem p = problem_of(graph, node, graph.at(node.inputs[0]).shape, precision);
    const auto entry = choose_conv(p.pass, p.shape, p.wanted).entry;
    out.packed += entry->packed_bytes(p.shape);
    out.shared = std::max(out.shared, entry->shared_bytes(p.shape));
  }
  return out;
}

}  // namespace burin
