// Small ONNX files for tests, written by protobuf and nothing of ours.
#pragma once

#include <string>
#include <vector>

#include "engine/tensor/tensor.h"
#include "io/onnx/import.h"
#include "io/onnx/proto.h"

namespace burin::test {

// A size of -1 is open; -2 is open under the name "n".
struct BuildModel {
  explicit BuildModel(int opset = 17);

  BuildModel& input(const std::string& name, const std::vector<std::int64_t>& sizes,
                    int type = onnx::TensorProto::FLOAT);
  BuildModel& output(const std::string& name);
  onnx::TensorProto& weight(const std::string& name, const Shape& shape,
                            const std::vector<float>& numbers);
  onnx::TensorProto& integers(const std::string& name, const std::vector<std::int64_t>& numbers);
  onnx::NodeProto& node(const std::string& op, const std::vector<std::string>& inputs,
                        const std::vector<std::string>& outputs);

  onnx::GraphProto& graph() { return *proto.mutable_graph(); }
  [[nodiscard]] std::vector<std::uint8_t> bytes() const;
  [[nodiscard]] OnnxModel decode() const { return decode_onnx(bytes(), "model"); }
  [[nodiscard]] Graph import(const ImportOptions& options = {}) const {
    return import_onnx(decode(), options);
  }

  onnx::ModelProto proto;
};

void set_integer(onnx::NodeProto& node, const std::string& name, std::int64_t value);
void set_number(onnx::NodeProto& node, const std::string& name, float value);
void set_text(onnx::NodeProto& node, const std::string& name, const std::string& value);
void set_integers(onnx::NodeProto& node, const std::string& name,
                  const std::vector<std::int64_t>& values);

// What a call throws; fails when it throws nothing.
template <class F>
std::string error_of(F&& call) {
  try {
    call();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace burin::test
