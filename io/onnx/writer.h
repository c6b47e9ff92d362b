// How one op of the engine becomes ONNX nodes. Writers live in writers_<family>.cpp.
#pragma once

#include <initializer_list>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/graph/graph.h"
#include "io/onnx/export.h"
#include "io/onnx/proto.h"

namespace burin {

// The file that is being written, and one node of the graph at a time. Values are names.
class ExportContext {
 public:
  ExportContext(const Graph& graph, const OnnxExportOptions& options, std::string operation,
                onnx::GraphProto& proto);

  // --- The node at hand
  [[nodiscard]] const Node& node() const { return graph_.at(id_); }
  [[nodiscard]] int opset() const noexcept { return options_.opset; }
  [[nodiscard]] const Shape& shape(std::size_t i) const;  // of operand i
  [[nodiscard]] bool has(std::size_t i) const;
  [[nodiscard]] std::string operand(std::size_t i);  // "" where it is absent
  [[nodiscard]] std::vector<std::string> operands();
  // The size follows the open batch, or an open spatial axis.
  [[nodiscard]] bool open_batch() const;
  [[nodiscard]] bool open_spatial() const;
  [[nodiscard]] bool opens(int axis) const;  // of the node's first operand
  [[noreturn]] void refuse(const std::string& expected, const std::string& got) const;

  // --- What it becomes
  // Adds "<op>" that reads `inputs`; the result is an intermediate value.
  std::string add(std::string_view op, std::vector<std::string> inputs);
  // The same with `outputs` results.
  std::vector<std::string> add_many(std::string_view op, std::vector<std::string> inputs,
                                    std::size_t outputs);
  // Attributes of the node that was added last.
  ExportContext& set(std::string_view name, std::int64_t value);
  ExportContext& set(std::string_view name, float value);
  ExportContext& set(std::string_view name, std::string_view value);
  ExportContext& set(std::string_view name, std::span<const std::int64_t> values);
  // Initializers of the node's own: "<node>.<role>".
  std::string integers(std::string_view role, std::span<const std::int64_t> values);
  std::string integers(std::string_view role, std::initializer_list<std::int64_t> values) {
    return integers(role, std::span(values.begin(), values.size()));
  }
  std::string number(std::string_view role, float value);  // a scalar
  std::string numbers(std::string_view role, const Tensor& values);
  // This node's result is that value.
  void finish(const std::string& value) { result_ = value; }

  // --- For the driver
  void begin(int id);
  [[nodiscard]] const std::string& result() const noexcept { return result_; }
  [[nodiscard]] std::string name_of(int id);  // of a value; adds a constant's initializer
  void rename(int id, const std::string& name) { names_[static_cast<std::size_t>(id)] = name; }
  [[nodiscard]] std::string unique(const std::string& name);
  [[nodiscard]] bool follows_input(int id) const { return follows_[static_cast<std::size_t>(id)]; }

 private:
  std::string initializer(const std::string& name, const Tensor& value);

  const Graph& graph_;
  const OnnxExportOptions& options_;
  std::string operation_;
  onnx::GraphProto& proto_;
  int id_ = -1;
  std::string result_;
  std::vector<std::string> names_;  // of values, by node
  std::vector<bool> follows_;       // the value depends on an input
  std::set<std::string> taken_;     // names of values and nodes
};

struct OnnxWriter {
  std::string_view op;  // "conv"
  void (*write)(ExportContext& context);
};

[[nodiscard]] std::span<const OnnxWriter> onnx_writers_layer();   // convolutions, norms, pools
[[nodiscard]] std::span<const OnnxWriter> onnx_writers_point();   // activations, arithmetic
[[nodiscard]] std::span<const OnnxWriter> onnx_writers_move();    // shapes, concat, resize
[[nodiscard]] std::span<const OnnxWriter> onnx_writers_number();  // functions, casts, reductions
[[nodiscard]] std::span<const OnnxWriter> onnx_writers_index();   // gather, scatter, tile

[[nodiscard]] int onnx_type_of(DType type);

}  // namespace burin
