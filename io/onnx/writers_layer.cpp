// conv, conv_transpose, linear, matmul, pools, norms.
#include "io/onnx/writer.h"
#include "io/onnx/writer_activation.h"

namespace burin {
namespace {

// The entries of d,h,w that an image of this rank has.
std::vector<std::int64_t> spatial(const std::array<int, 3>& values, int rank) {
  return {values.end() - (rank - 2), values.end()};
}

std::vector<std::int64_t> pads(const std::array<int, 3>& begin, const std::array<int, 3>& end,
                               int rank) {
  std::vector<std::int64_t> out = spatial(begin, rank), behind = spatial(end, rank);
  out.insert(out.end(), behind.begin(), behind.end());
  return out;
}

template <class A>
void set_window(ExportContext& c, const A& a, int rank) {
  c.set("kernel_shape", spatial(a.kernel, rank))
      .set("strides", spatial(a.stride, rank))
      .set("pads", pads(a.pad_begin, a.pad_end, rank));
}

void write_conv(ExportContext& c, const char* op) {
  const auto& a = std::get<ConvAttributes>(c.node().attributes);
  const int rank = c.shape(0).rank();
  c.finish(c.add(op, c.operands()));
  set_window(c, a, rank);
  c.set("dilations", spatial(a.dilation, rank)).set("group", std::int64_t{a.groups});
  if (c.node().op->name == "conv_transpose")
    c.set("output_padding", spatial(a.output_padding, rank));
}

void write_linear(ExportContext& c) {
  c.finish(c.add("Gemm", c.operands()));
  c.set("transB", std::int64_t{1});
}

void write_matmul(ExportContext& c) { c.finish(c.add("MatMul", c.operands())); }

void write_max_pool(ExportContext& c) {
  c.finish(c.add("MaxPool", c.operands()));
  set_window(c, std::get<PoolAttributes>(c.node().attributes), c.shape(0).rank());
}

void write_average_pool(ExportContext& c) {
  const auto& a = std::get<PoolAttributes>(c.node().attributes);
  c.finish(c.add("AveragePool", c.operands()));
  set_window(c, a, c.shape(0).rank());
  c.set("count_include_pad", std::int64_t{a.count_padding});
}

void write_global_average_pool(ExportContext& c) {
  c.finish(c.add("GlobalAveragePool", c.operands()));
}

void write_batch_norm(ExportContext& c) {
  const auto& a = std::get<NormAttributes>(c.node().attributes);
  const std::string y = c.add("BatchNormalization", c.operands());
  c.set("epsilon", a.epsilon);
  c.finish(add_activation(c, y, a.activation, a.slope));
}

std::string channel_numbers(ExportContext& c, std::size_t i, const char* role, float fallback) {
  if (c.has(i)) return c.operand(i);
  return c.numbers(role, Tensor::full({c.shape(0).channels()}, fallback, Order::row_major));
}

void write_instance_norm(ExportContext& c) {
  const auto& a = std::get<NormAttributes>(c.node().attributes);
  const std::string gamma = channel_numbers(c, 1, "gamma", 1),
                    beta = channel_numbers(c, 2, "beta", 0);
  const std::string y = c.add("InstanceNormalization", {c.operand(0), gamma, beta});
  c.set("epsilon", a.epsilon);
  c.finish(add_activation(c, y, a.activation, a.slope));
}

// [c] as [c,1,..]: what repeats over pixels.
std::string per_channel(ExportContext& c, const std::string& vector) {
  std::vector<std::int64_t> sizes(static_cast<std::size_t>(c.shape(0).rank() - 1), 1);
  sizes[0] = c.shape(0).channels();
  return c.add("Reshape", {vector, c.integers("channels", sizes)});
}

// A group is the channel of an instance norm over x as [n, groups, rest].
void write_group_norm(ExportContext& c) {
  const auto& a = std::get<NormAttributes>(c.node().attributes);
  const std::string x = c.operand(0), shape = c.add("Shape", {x});
  const std::string rows = c.add("Reshape", {x, c.integers("groups", {0, a.groups, -1})});
  const std::string one = c.numbers("one", Tensor::full({a.groups}, 1, Order::row_major));
  const std::string zero = c.numbers("zero", Tensor::full({a.groups}, 0, Order::row_major));
  std::string y = c.add("InstanceNormalization", {rows, one, zero});
  c.set("epsilon", a.epsilon);
  y = c.add("Reshape", {y, shape});
  if (c.has(1)) y = c.add("Mul", {y, per_channel(c, c.operand(1))});
  if (c.has(2)) y = c.add("Add", {y, per_channel(c, c.operand(2))});
  c.finish(add_activation(c, y, a.activation, a.slope));
}

constexpr OnnxWriter writers[] = {
    {"conv", [](ExportContext& c) { write_conv(c, "Conv"); }},
    {"conv_transpose", [](ExportContext& c) { write_conv(c, "ConvTranspose"); }},
    {"linear", write_linear},
    {"matmul", write_matmul},
    {"max_pool", write_max_pool},
    {"average_pool", write_average_pool},
    {"global_average_pool", write_global_average_pool},
    {"batch_norm", write_batch_norm},
    {"instance_norm", write_instance_norm},
    {"group_norm", write_group_norm},
};

}  // namespace

std::span<const OnnxWriter> onnx_writers_layer() { return writers; }

}  // namespace burin
