// How one ONNX operator becomes nodes of a graph. Rules live in rules_<family>.cpp, one span a file,
// joined in rules.cpp:
//
//   void import_flatten(ImportContext& c) {
//     const Shape& x = c.shape(c.operand(0));
//     ...
//     c.set(0, c.add(reshape_op, {c.operand(0)}, ShapeAttributes{.shape = {rows, -1}}));
//   }
//   constexpr OnnxRule rules[] = {{"Flatten", import_flatten}};
//
// An attribute that the rule neither read nor ignored refuses the node, so that none is overlooked.
// Whatever Error an op's infer throws refuses the node as well, with that error as the reason.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/graph/graph.h"
#include "io/onnx/model.h"

namespace burin {

// What all nodes of an import share.
struct ImportState {
  Graph graph;
  int opset = 0;
  // What may still be spent on running nodes during the import; follows the size of the file.
  std::uint64_t fold_bytes = 0;
  std::int64_t fold_macs = 0;
};

// One node of the file, seen by its rule. Values are ids of graph nodes.
class ImportContext {
 public:
  // `wanted`: which outputs are read.
  ImportContext(ImportState& state, const OnnxNode& node, std::vector<int> operands,
                std::vector<bool> wanted);

  [[nodiscard]] std::string_view op() const noexcept { return node_.op; }
  [[nodiscard]] int opset() const noexcept { return state_.opset; }

  // --- Operands. An absent one is "" in the file or beyond its list.
  [[nodiscard]] std::size_t operands() const noexcept { return operands_.size(); }
  [[nodiscard]] bool has(std::size_t i) const noexcept;
  [[nodiscard]] int operand(std::size_t i) const;            // refuses when it is absent
  [[nodiscard]] int optional(std::size_t i) const noexcept;  // -1 when it is absent
  [[nodiscard]] int f32(std::size_t i) const;                // refuses another type
  [[nodiscard]] int optional_f32(std::size_t i) const;       // -1, or refuses another type
  [[nodiscard]] const Shape& shape(int id) const { return state_.graph.at(id).shape; }
  [[nodiscard]] DType type(int id) const { return state_.graph.at(id).type; }
  // The numbers of a constant, or null: then they are known only when the graph runs.
  [[nodiscard]] const Tensor* constant(int id) const;
  // The same in logical order; refuses what is no constant or of another kind of type. `role` names
  // the operand in the reason: "axes".
  [[nodiscard]] std::vector<std::int64_t> integers_of(int id, std::string_view role) const;
  [[nodiscard]] std::vector<float> numbers_of(int id, std::string_view role) const;  // f32
  [[nodiscard]] float number_of(int id, std::string_view role) const;                // one f32

  // --- Attributes, read once or more; refuses one of another kind than asked for.
  [[nodiscard]] bool has_attribute(std::string_view name) const;  // does not count as read
  [[nodiscard]] std::int64_t integer(std::string_view name, std::int64_t fallback);
  [[nodiscard]] std::int64_t integer(std::string_view name);  // refuses when it is absent
  [[nodiscard]] float number(std::string_view name, float fallback);
  [[nodiscard]] std::string text(std::string_view name, std::string_view fallback);
  [[nodiscard]] std::optional<std::vector<std::int64_t>> integers(std::string_view name);
  [[nodiscard]] std::optional<std::vector<float>> numbers(std::string_view name);
  [[nodiscard]] std::optional<Tensor> tensor(std::string_view name);
  void ignore(std::initializer_list<std::string_view> names);  // attributes without effect here
  // What newer opsets give as operand i and older ones as an attribute.
  [[nodiscard]] std::optional<std::vector<std::int64_t>> integers(std::size_t i,
                                                                  std::string_view name);
  // 0 <= axis < rank of a number from -rank on; refuses others.
  [[nodiscard]] int axis(std::int64_t written, int rank) const;
  // The same of several, in rising order; refuses one that stands twice.
  [[nodiscard]] std::vector<int> axes(std::span<const std::int64_t> written, int rank) const;

  // --- Results
  [[nodiscard]] std::size_t results() const noexcept { return node_.outputs.size(); }
  [[nodiscard]] bool wants(std::size_t i) const noexcept;  // somebody reads output i
  // Appends a node. One whose operands are all constants is run at once and becomes a constant, as
  // long as the budget for that lasts.
  int add(const OpDef& op, std::vector<int> operands, Attributes attributes = {});
  int add_constant(const Tensor& value);
  int add_constant(const Shape& shape, std::span<const std::int64_t> integers);  // i64
  int reshape(int id, std::span<const std::int64_t> sizes);  // itself when it has that shape
  int reshape(int id, const Shape& shape) { return reshape(id, shape.sizes()); }
  // Output i is this node's result. Every output that somebody reads must be set.
  void set(std::size_t i, int id);
  // The node cannot be served: "mode cubic", "dilations of a mean".
  [[noreturn]] void refuse(const std::string& reason) const;

  // --- For the driver
  [[nodiscard]] std::span<const int> outputs() const noexcept { return outputs_; }
  void check_finished() const;

 private:
  [[nodiscard]] const OnnxAttribute* attribute(std::string_view name);
  template <class T>
  [[nodiscard]] const T* attribute_of(std::string_view name, std::string_view kind);

  ImportState& state_;
  const OnnxNode& node_;
  std::vector<int> operands_, outputs_;
  std::vector<bool> wanted_;
  std::vector<std::string_view> known_;  // attributes that were read or ignored
};

struct OnnxRule {
  std::string_view op;  // "Conv"
  void (*import)(ImportContext& context);
};

// What a rule throws through ImportContext::refuse.
struct OnnxRefusal {
  std::string reason;
};

// All rules, by name; no name stands twice.
[[nodiscard]] std::span<const OnnxRule> onnx_rules();
// Null when there is none.
[[nodiscard]] const OnnxRule* find_onnx_rule(std::string_view op);

}  // namespace burin
