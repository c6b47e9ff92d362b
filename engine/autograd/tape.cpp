#include "engine/autograd/tape.h"

#include <algorithm>
#include <cassert>
#include <memory>
#include <utility>

#include "engine/autograd/accumulate.h"
#include "engine/error.h"

namespace burin {
namespace {

bool needs(const OpDef& op, Needs part) {
  return (static_cast<unsigned>(op.needs) & static_cast<unsigned>(part)) != 0;
}

// Of one storage: the same numbers in the same places.
bool same_view(const Tensor& a, const Tensor& b) {
  return a.dtype() == b.dtype() && a.layout().offset() == b.layout().offset() &&
         a.layout().same_strides(b.layout());
}

}  // namespace

const Tensor& Gradients::of(int id) const {
  static const Tensor none;
  const auto index = static_cast<std::size_t>(id);
  return id >= 0 && index < by_id_.size() ? by_id_[index] : none;
}

Tape& Value::tape() const {
  if (tape_ == nullptr) throw Error("tape", "a value on a tape", "an empty one");
  return *tape_;
}

Value Tape::append(TapeNode node, const Tensor& tensor) {
  Value out;
  out.tape_ = this;
  out.id_ = static_cast<int>(nodes_.size());
  out.tensor_ = tensor;
  out.shape_ = node.shape;
  nodes_.push_back(std::move(node));
  return out;
}

Value Tape::input(const Tensor& tensor, bool needs_gradient) {
  if (!tensor) throw Error("input", "a tensor", "an undefined one");
  TapeNode node;
  node.shape = tensor.shape();
  node.type = tensor.dtype();
  node.needs_gradient = needs_gradient && training();
  return append(std::move(node), mode_ == Mode::shapes ? Tensor() : tensor);
}

Value Tape::input(const Shape& shape) {
  if (mode_ != Mode::shapes) throw Error("input", "a tensor", "a shape only: " + shape.text());
  TapeNode node;
  node.shape = shape;
  return append(std::move(node), {});
}

Value Tape::parameter(const Tensor& tensor, bool trainable, std::string_view name) {
  if (!tensor) throw Error("parameter", "a tensor", "an undefined one");
  if (const int id = leaf_of(tensor); id >= 0) {
    Value out;
    out.tape_ = this;
    out.id_ = id;
    out.tensor_ = tensor;
    out.shape_ = tensor.shape();
    return out;
  }
  TapeNode node;
  node.shape = tensor.shape();
  node.name = name;
  node.trainable = trainable;
  node.needs_gradient = trainable && training();
  node.type = tensor.dtype();
  node.value = tensor;
  const Value out = append(std::move(node), tensor);
  leaves_.emplace(tensor.storage().get(), out.id());
  return out;
}

int Tape::leaf_of(const Tensor& parameter) const {
  const auto [first, last] = leaves_.equal_range(parameter.storage().get());
  const auto found = std::find_if(first, last, [&](const auto& leaf) {
    return same_view(nodes_[static_cast<std::size_t>(leaf.second)].value, parameter);
  });
  return found == last ? -1 : found->second;
}

void Tape::check_inputs(const OpDef& op, std::span<const Value> inputs) const {
  const std::string name(op.name);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Value& value = inputs[i];
    if (!value && i < op.required) throw Error(name, "input " + std::to_string(i), "an empty one");
    if (value && i >= op.required && value.shape().rank() == 0)
      throw Error(name, "input " + std::to_string(i) + " of rank 1 or more", "a scalar");
    if (value && value.tape_ != this)
      throw Error(name, "inputs of one tape", "a value of another tape");
  }
  if (walked_) throw Error(name, "a tape before backward", "one after it");
}

std::vector<Shape> Tape::input_shapes(const Node& node) const {
  std::vector<Shape> shapes;
  for (const int id : node.inputs)
    shapes.push_back(id < 0 ? Shape() : nodes_[static_cast<std::size_t>(id)].shape);
  return shapes;
}

DType Tape::type_of(const Node& node) const {
  std::vector<DType> types;
  for (const int id : node.inputs)
    types.push_back(id < 0 ? DType::f32 : nodes_[static_cast<std::size_t>(id)].type);
  return infer_type(*node.op, types, node.attributes);
}

Value Tape::record(const OpDef& op, std::initializer_list<Value> inputs, Attributes attributes) {
  return record(op, std::span<const Value>(inputs.begin(), inputs.size()), std::move(attributes));
}

Value Tape::record(const OpDef& op, std::span<const Value> inputs, Attributes attributes) {
  check_inputs(op, inputs);
  TapeNode node;
  node.op = &op;
  node.attributes = std::move(attributes);
  for (const Value& value : inputs) {
    node.inputs.push_back(value ? value.id() : -1);
    node.needs_gradient |= value && nodes_[static_cast<std::size_t>(value.id())].needs_gradient;
  }
  node.needs_gradient &= op.backward != nullptr;
  node.shape = op.infer(input_shapes(node), node.attributes);
  node.type = type_of(node);
  const Tensor output = mode_ == Mode::shapes ? Tensor() : run_forward(node, inputs);
  return append(std::move(node), output);
}

Tensor Tape::run_forward(TapeNode& node, std::span<const Value> inputs) {
  std::vector<Tensor> tensors;
  for (const Value& value : inputs) tensors.push_back(value.tensor());
  ForwardContext context{.inputs = tensors,
                         .attributes = node.attributes,
                         .training = training(),
                         .saved = node.saved,
                         .precision = precision_};
  Tensor output = node.op->forward(context);
  assert(output && output.shape() == node.shape);
  if (!node.needs_gradient) {
    node.saved.clear();
    return output;
  }
  if (needs(*node.op, Needs::inputs)) node.kept_inputs = std::move(tensors);
  if (needs(*node.op, Needs::output)) node.output = output;
  return output;
}

Gradients Tape::backward(const Value& loss) {
  if (loss && loss.shape().elements() != 1)
    throw Error("backward", "a loss of one element", loss.shape().text());
  return backward(loss, Tensor::full(loss.shape(), 1.0f));
}

Gradients Tape::backward(const Value& value, const Tensor& dy) {
  if (!training() || walked_)
    throw Error("backward", "a tape in training mode, once",
                training() ? "a second call" : "another mode");
  if (!value || value.tape_ != this)
    throw Error("backward", "a value of this tape", value ? "one of another" : "an empty one");
  if (!(dy.shape() == value.shape()))
    throw Error("backward", "a gradient of " + value.shape().text(), dy.shape().text());
  if (dy.dtype() != DType::f32)
    throw Error("backward", "a gradient of f32", std::string(dtype_name(dy.dtype())));
  walked_ = true;
  Gradients out;
  out.by_id_.resize(nodes_.size());
  if (nodes_[static_cast<std::size_t>(value.id())].needs_gradient)
    out.by_id_[static_cast<std::size_t>(value.id())] = dy;
  for (int id = static_cast<int>(nodes_.size()) - 1; id >= 0; --id) {
    const auto index = static_cast<std::size_t>(id);
    TapeNode& node = nodes_[index];
    if (node.op == nullptr) continue;
    if (const Tensor arrived = std::exchange(out.by_id_[index], {})) {
      pass_on(id, arrived, out.by_id_);
    }
    node.kept_inputs.clear();
    node.saved.clear();
    node.output = {};
  }
  return out;
}

// Runs the backward of one node and adds what it gives to the gradients of its inputs.
void Tape::pass_on(int id, const Tensor& dy, std::vector<Tensor>& by_id) {
  TapeNode& node = nodes_[static_cast<std::size_t>(id)];
  const std::size_t count = node.inputs.size();
  const std::vector<Shape> shapes = input_shapes(node);
  node.kept_inputs.resize(count);  // undefined where the op does not need them
  const auto wants = std::make_unique<bool[]>(count);
  for (std::size_t i = 0; i < count; ++i)
    wants[i] =
        node.inputs[i] >= 0 && nodes_[static_cast<std::size_t>(node.inputs[i])].needs_gradient;
  std::vector<Tensor> gradients(count);
  BackwardContext context{.inputs = node.kept_inputs,
                          .output = node.output,
                          .dy = dy,
                          .attributes = node.attributes,
                          .saved = node.saved,
                          .input_shapes = shapes,
                          .wants = {wants.get(), count},
                          .gradients = gradients,
                          .precision = precision_};
  node.op->backward(context);
  node.kept_inputs.clear();
  node.saved.clear();
  node.output = {};
  for (std::size_t i = 0; i < count; ++i) {
    if (!wants[i]) continue;
    assert(gradients[i] && gradients[i].shape() == shapes[i]);
    const Tensor gradient = std::exchange(gradients[i], {});
    Tensor& into = by_id[static_cast<std::size_t>(node.inputs[i])];
    if (into)
      accumulate(into, gradient);
    else
      into = gradient;
  }
}

std::int64_t Tape::macs() const {
  std::int64_t total = 0;
  for (const Node& node : nodes_)
    if (node.op != nullptr && node.op->macs != nullptr)
      total += node.op->macs(input_shapes(node), node.attributes);
  return total;
}

}  // namespace burin
