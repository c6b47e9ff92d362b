// The tape: nodes are data (node.h), values are indices into it, so the same list can be walked
// backwards for gradients or traced (engine/graph), printed and compiled.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/autograd/node.h"

namespace burin {

class Tape;

// A tensor on a tape, or nothing (an absent input). Cheap to copy.
class Value {
 public:
  Value() = default;
  explicit operator bool() const noexcept { return tape_ != nullptr; }
  [[nodiscard]] Tape& tape() const;  // throws Error when empty
  [[nodiscard]] int id() const noexcept { return id_; }
  [[nodiscard]] const Tensor& tensor() const noexcept {
    return tensor_;
  }  // undefined in a shape-only tape
  [[nodiscard]] const Shape& shape() const noexcept { return shape_; }

 private:
  friend class Tape;
  Tape* tape_ = nullptr;
  int id_ = -1;
  Tensor tensor_;
  Shape shape_;
};

// A node with what backward wants of it.
struct TapeNode : Node {
  bool needs_gradient = false;
  bool trainable = false;  // of a parameter's leaf
  // Kept for backward only as far as the op needs them; empty in inference.
  std::vector<Tensor> kept_inputs, saved;
  Tensor output;
};

// Gradients of leaves by node id, owned by the caller of backward(). What arrives at other nodes is
// released as soon as it was passed on.
class Gradients {
 public:
  // Undefined when the value got none.
  [[nodiscard]] const Tensor& of(int id) const;
  [[nodiscard]] const Tensor& of(const Value& value) const { return of(value.id()); }

 private:
  friend class Tape;
  std::vector<Tensor> by_id_;
};

enum class Mode {
  training,   // keeps what backward needs; batch statistics are computed
  inference,  // keeps nothing; running statistics are used
  shapes      // runs infer only: layers, parameters and MACs without memory
};

class Tape {
 public:
  explicit Tape(Mode mode) : mode_(mode) {}
  Tape(const Tape&) = delete;
  Tape& operator=(const Tape&) = delete;

  [[nodiscard]] Mode mode() const noexcept { return mode_; }
  [[nodiscard]] bool training() const noexcept { return mode_ == Mode::training; }

  // What the random numbers of dropout hang on besides the place of the node: seed, step, sample.
  void set_random_key(const runtime::RandomKey& key) noexcept { random_key_ = key; }
  [[nodiscard]] const runtime::RandomKey& random_key() const noexcept { return random_key_; }

  // Of the products of what is recorded from here on, and of their gradients; numbers stay f32.
  void set_precision(Precision precision) noexcept { precision_ = precision; }

  // A leaf. Inputs need no gradient unless asked for.
  Value input(const Tensor& tensor, bool needs_gradient = false);
  Value input(const Shape& shape);  // Mode::shapes
  // The leaf of a parameter: the same view of the same storage gives the same leaf. `trainable`
  // decides whether it gets a gradient.
  Value parameter(const Tensor& tensor, bool trainable, std::string_view name);

  // Runs forward (or infer only) and appends a node. Throws Error from infer. Absent inputs are
  // default Values.
  Value record(const OpDef& op, std::initializer_list<Value> inputs, Attributes attributes);
  Value record(const OpDef& op, std::span<const Value> inputs, Attributes attributes);

  // From a one-element value (gradient 1), or from any value and its gradient. Kept tensors are
  // released as the walk passes them: one backward per tape. Throws Error outside of training.
  [[nodiscard]] Gradients backward(const Value& loss);
  [[nodiscard]] Gradients backward(const Value& value, const Tensor& dy);

  [[nodiscard]] const std::vector<TapeNode>& nodes() const noexcept { return nodes_; }
  // Multiply-accumulates of all nodes (conv, transposed conv and dense only).
  [[nodiscard]] std::int64_t macs() const;
  // Id of the leaf of a parameter, or -1.
  [[nodiscard]] int leaf_of(const Tensor& parameter) const;

 private:
  Value append(TapeNode node, const Tensor& tensor);
  Tensor run_forward(TapeNode& node, std::span<const Value> inputs);
  void check_inputs(const OpDef& op, std::span<const Value> inputs) const;
  [[nodiscard]] std::vector<Shape> input_shapes(const Node& node) const;
  [[nodiscard]] DType type_of(const Node& node) const;
  void pass_on(int id, const Tensor& dy, std::vector<Tensor>& by_id);

  Mode mode_;
  runtime::RandomKey random_key_;
  Precision precision_ = Precision::f32;
  bool walked_ = false;  // backward has released what it needs
  std::vector<TapeNode> nodes_;
  std::unordered_multimap<const Storage*, int> leaves_;
};

// One line per node, as to_text of a node.
[[nodiscard]] std::string to_text(const Tape& tape);

}  // namespace burin
