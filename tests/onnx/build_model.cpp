#include "tests/onnx/build_model.h"

namespace burin::test {
namespace {

onnx::AttributeProto& attribute(onnx::NodeProto& node, const std::string& name,
                                onnx::AttributeProto::AttributeType type) {
  onnx::AttributeProto& added = *node.add_attribute();
  added.set_name(name);
  added.set_type(type);
  return added;
}

}  // namespace

BuildModel::BuildModel(int opset) {
  proto.set_ir_version(8);
  proto.add_opset_import()->set_version(opset);
  graph().set_name("test");
}

BuildModel& BuildModel::input(const std::string& name, const std::vector<std::int64_t>& sizes,
                              int type) {
  onnx::ValueInfoProto& added = *graph().add_input();
  added.set_name(name);
  auto& tensor = *added.mutable_type()->mutable_tensor_type();
  tensor.set_elem_type(type);
  tensor.mutable_shape();
  for (const std::int64_t size : sizes) {
    auto& dim = *tensor.mutable_shape()->add_dim();
    if (size >= 0) dim.set_dim_value(size);
    if (size == -2) dim.set_dim_param("n");
  }
  return *this;
}

BuildModel& BuildModel::output(const std::string& name) {
  onnx::ValueInfoProto& added = *graph().add_output();
  added.set_name(name);
  added.mutable_type()->mutable_tensor_type()->set_elem_type(onnx::TensorProto::FLOAT);
  return *this;
}

onnx::TensorProto& BuildModel::weight(const std::string& name, const Shape& shape,
                                      const std::vector<float>& numbers) {
  onnx::TensorProto& added = *graph().add_initializer();
  added.set_name(name);
  added.set_data_type(onnx::TensorProto::FLOAT);
  for (const std::int64_t size : shape.sizes()) added.add_dims(size);
  for (const float number : numbers) added.add_float_data(number);
  return added;
}

onnx::TensorProto& BuildModel::integers(const std::string& name,
                                        const std::vector<std::int64_t>& numbers) {
  onnx::TensorProto& added = *graph().add_initializer();
  added.set_name(name);
  added.set_data_type(onnx::TensorProto::INT64);
  added.add_dims(static_cast<std::int64_t>(numbers.size()));
  for (const std::int64_t number : numbers) added.add_int64_data(number);
  return added;
}

onnx::NodeProto& BuildModel::node(const std::string& op, const std::vector<std::string>& inputs,
                                  const std::vector<std::string>& outputs) {
  onnx::NodeProto& added = *graph().add_node();
  added.set_op_type(op);
  added.set_name(op + std::to_string(graph().node_size()));
  for (const std::string& input : inputs) added.add_input(input);
  for (const std::string& output : outputs) added.add_output(output);
  return added;
}

std::vector<std::uint8_t> BuildModel::bytes() const {
  const std::string text = proto.SerializeAsString();
  return {text.begin(), text.end()};
}

void set_integer(onnx::NodeProto& node, const std::string& name, std::int64_t value) {
  attribute(node, name, onnx::AttributeProto::INT).set_i(value);
}
void set_number(onnx::NodeProto& node, const std::string& name, float value) {
  attribute(node, name, onnx::AttributeProto::FLOAT).set_f(value);
}
void set_text(onnx::NodeProto& node, const std::string& name, const std::string& value) {
  attribute(node, name, onnx::AttributeProto::STRING).set_s(value);
}
void set_integers(onnx::NodeProto& node, const std::string& name,
                  const std::vector<std::int64_t>& values) {
  onnx::AttributeProto& added = attribute(node, name, onnx::AttributeProto::INTS);
  for (const std::int64_t value : values) added.add_ints(value);
}

}  // namespace burin::test
