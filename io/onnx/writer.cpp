#include "io/onnx/writer.h"

#include "engine/error.h"
#include "io/tensor_bytes.h"
#include "io/utf8.h"

namespace burin {

ExportContext::ExportContext(const Graph& graph, const OnnxExportOptions& options,
                             std::string operation, onnx::GraphProto& proto)
    : graph_(graph),
      options_(options),
      operation_(std::move(operation)),
      proto_(proto),
      names_(graph.nodes.size()),
      follows_(graph.nodes.size()) {
  for (const int id : graph.inputs) follows_[static_cast<std::size_t>(id)] = true;
  for (std::size_t id = 0; id < graph.nodes.size(); ++id)
    for (const int input : graph.nodes[id].inputs)
      if (input >= 0 && follows_[static_cast<std::size_t>(input)]) follows_[id] = true;
}

const Shape& ExportContext::shape(std::size_t i) const { return graph_.at(node().inputs[i]).shape; }

bool ExportContext::has(std::size_t i) const {
  return i < node().inputs.size() && node().inputs[i] >= 0;
}

std::string ExportContext::operand(std::size_t i) {
  return has(i) ? name_of(node().inputs[i]) : std::string();
}

std::vector<std::string> ExportContext::operands() {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < node().inputs.size(); ++i) out.push_back(operand(i));
  while (!out.empty() && out.back().empty()) out.pop_back();
  return out;
}

bool ExportContext::open_batch() const { return !options_.batch.empty() && follows_input(id_); }
bool ExportContext::open_spatial() const { return !options_.spatial.empty() && follows_input(id_); }

bool ExportContext::opens(int axis) const {
  return axis == 0 ? open_batch() : axis >= 2 && open_spatial();
}

void ExportContext::refuse(const std::string& expected, const std::string& got) const {
  const std::string& name = node().name;
  throw Error(operation_,
              std::string(node().op->name) + (name.empty() ? "" : " " + name) + ": " + expected,
              got);
}

std::string ExportContext::unique(const std::string& name) {
  if (!is_utf8(name)) throw Error(operation_, "names in UTF-8", "other bytes");
  std::string free = name;
  for (int i = 2; !taken_.insert(free).second; ++i) free = name + "_" + std::to_string(i);
  return free;
}

void ExportContext::begin(int id) {
  id_ = id;
  result_.clear();
}

std::string ExportContext::name_of(int id) {
  std::string& name = names_[static_cast<std::size_t>(id)];
  if (name.empty()) {
    const Node& leaf = graph_.at(id);
    if (!graph_.is_constant(id))
      throw Error(operation_, "values that nodes before make", "%" + std::to_string(id));
    name = initializer(leaf.name.empty() ? "constant" : leaf.name, leaf.value);
  }
  return name;
}

std::vector<std::string> ExportContext::add_many(std::string_view op,
                                                 std::vector<std::string> inputs,
                                                 std::size_t outputs) {
  onnx::NodeProto& added = *proto_.add_node();
  added.set_op_type(std::string(op));
  const std::string base = node().name.empty() ? std::string(node().op->name) : node().name;
  added.set_name(unique(base + "/" + std::string(op)));
  for (std::string& input : inputs) added.add_input(std::move(input));
  std::vector<std::string> names;
  for (std::size_t i = 0; i < outputs; ++i) {
    names.push_back(unique(added.name() + ".y"));
    added.add_output(names.back());
  }
  return names;
}

std::string ExportContext::add(std::string_view op, std::vector<std::string> inputs) {
  return add_many(op, std::move(inputs), 1)[0];
}

namespace {

onnx::AttributeProto& attribute(onnx::GraphProto& graph, std::string_view name,
                                onnx::AttributeProto::AttributeType type) {
  onnx::AttributeProto& added = *graph.mutable_node(graph.node_size() - 1)->add_attribute();
  added.set_name(std::string(name));
  added.set_type(type);
  return added;
}

}  // namespace

ExportContext& ExportContext::set(std::string_view name, std::int64_t value) {
  attribute(proto_, name, onnx::AttributeProto::INT).set_i(value);
  return *this;
}

ExportContext& ExportContext::set(std::string_view name, float value) {
  attribute(proto_, name, onnx::AttributeProto::FLOAT).set_f(value);
  return *this;
}

ExportContext& ExportContext::set(std::string_view name, std::string_view value) {
  attribute(proto_, name, onnx::AttributeProto::STRING).set_s(std::string(value));
  return *this;
}

ExportContext& ExportContext::set(std::string_view name, std::span<const std::int64_t> values) {
  onnx::AttributeProto& added = attribute(proto_, name, onnx::AttributeProto::INTS);
  for (const std::int64_t value : values) added.add_ints(value);
  return *this;
}

std::string ExportContext::initializer(const std::string& name, const Tensor& value) {
  onnx::TensorProto& added = *proto_.add_initializer();
  added.set_name(unique(name));
  added.set_data_type(onnx_type_of(value.dtype()));
  for (const std::int64_t size : value.shape().sizes()) added.add_dims(size);
  const Tensor rows = to_row_major(value);
  const auto bytes = row_major_bytes(rows);
  added.set_raw_data(bytes.data(), bytes.size());
  return added.name();
}

std::string ExportContext::numbers(std::string_view role, const Tensor& values) {
  const std::string base = node().name.empty() ? std::string(node().op->name) : node().name;
  return initializer(base + "." + std::string(role), values);
}

std::string ExportContext::integers(std::string_view role, std::span<const std::int64_t> values) {
  const Tensor tensor =
      Tensor::empty({static_cast<std::int64_t>(values.size())}, DType::i64, Order::row_major);
  std::copy(values.begin(), values.end(), tensor.data<std::int64_t>());
  return numbers(role, tensor);
}

std::string ExportContext::number(std::string_view role, float value) {
  return numbers(role, Tensor::full(Shape(), value, Order::row_major));
}

int onnx_type_of(DType type) {
  using onnx::TensorProto;
  switch (type) {
    case DType::f32:
      return TensorProto::FLOAT;
    case DType::f64:
      return TensorProto::DOUBLE;
    case DType::bf16:
      return TensorProto::BFLOAT16;
    case DType::u8:
      return TensorProto::UINT8;
    case DType::s8:
      return TensorProto::INT8;
    case DType::i32:
      return TensorProto::INT32;
    case DType::i64:
      return TensorProto::INT64;
    case DType::boolean:
      break;
  }
  return TensorProto::BOOL;
}

}  // namespace burin
