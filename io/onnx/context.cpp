#include <algorithm>

#include "engine/error.h"
#include "engine/ops/all_ops.h"
#include "io/in_quotes.h"
#include "io/onnx/rule.h"
#include "io/tensor_bytes.h"

namespace burin {
namespace {

constexpr std::uint64_t largest_fold = std::uint64_t{1} << 28;  // numbers

template <class T>
std::vector<std::int64_t> stored(const Tensor& row_major) {
  const T* data = row_major.data<T>();
  return {data, data + row_major.elements()};
}

// Of a node whose operands are all constants.
Tensor run(const Graph& graph, const Node& node) {
  std::vector<Tensor> operands;
  for (const int id : node.inputs) operands.push_back(id < 0 ? Tensor() : graph.at(id).value);
  return to_row_major(evaluate(*node.op, operands, node.attributes));
}

}  // namespace

ImportContext::ImportContext(ImportState& state, const OnnxNode& node, std::vector<int> operands,
                             std::vector<bool> wanted)
    : state_(state),
      node_(node),
      operands_(std::move(operands)),
      outputs_(node.outputs.size(), -1),
      wanted_(std::move(wanted)) {}

void ImportContext::refuse(const std::string& reason) const { throw OnnxRefusal{reason}; }

bool ImportContext::has(std::size_t i) const noexcept { return optional(i) >= 0; }

int ImportContext::operand(std::size_t i) const {
  if (!has(i)) refuse("operand " + std::to_string(i) + " is missing");
  return operands_[i];
}

int ImportContext::optional(std::size_t i) const noexcept {
  return i < operands_.size() ? operands_[i] : -1;
}

int ImportContext::f32(std::size_t i) const {
  const DType given = type(operand(i));
  if (given != DType::f32)
    refuse("operand " + std::to_string(i) + " of type " + std::string(dtype_name(given)));
  return operand(i);
}

int ImportContext::optional_f32(std::size_t i) const { return has(i) ? f32(i) : -1; }

const Tensor* ImportContext::constant(int id) const {
  return state_.graph.is_constant(id) ? &state_.graph.at(id).value : nullptr;
}

std::vector<std::int64_t> ImportContext::integers_of(int id, std::string_view role) const {
  const Tensor* found = constant(id);
  if (found == nullptr) refuse(std::string(role) + " that are known only when the graph runs");
  const Tensor tensor = to_row_major(*found);
  if (tensor.dtype() == DType::i64) return stored<std::int64_t>(tensor);
  if (tensor.dtype() == DType::i32) return stored<std::int32_t>(tensor);
  refuse(std::string(role) + " of type " + std::string(dtype_name(tensor.dtype())));
}

std::vector<float> ImportContext::numbers_of(int id, std::string_view role) const {
  const Tensor* found = constant(id);
  if (found == nullptr) refuse(std::string(role) + " that are known only when the graph runs");
  if (found->dtype() != DType::f32)
    refuse(std::string(role) + " of type " + std::string(dtype_name(found->dtype())));
  return found->to_vector();
}

float ImportContext::number_of(int id, std::string_view role) const {
  const std::vector<float> all = numbers_of(id, role);
  if (all.size() != 1) refuse(std::string(role) + " of " + std::to_string(all.size()) + " numbers");
  return all[0];
}

bool ImportContext::has_attribute(std::string_view name) const {
  return node_.attributes.contains(name);
}

const OnnxAttribute* ImportContext::attribute(std::string_view name) {
  const auto found = node_.attributes.find(name);
  if (found == node_.attributes.end()) return nullptr;
  known_.push_back(found->first);
  return &found->second;
}

template <class T>
const T* ImportContext::attribute_of(std::string_view name, std::string_view kind) {
  const OnnxAttribute* found = attribute(name);
  if (found == nullptr) return nullptr;
  const T* value = std::get_if<T>(found);
  if (value == nullptr) refuse("attribute " + std::string(name) + " is not " + std::string(kind));
  return value;
}

std::int64_t ImportContext::integer(std::string_view name, std::int64_t fallback) {
  const auto* value = attribute_of<std::int64_t>(name, "an integer");
  return value == nullptr ? fallback : *value;
}

std::int64_t ImportContext::integer(std::string_view name) {
  if (!has_attribute(name)) refuse("attribute " + std::string(name) + " is missing");
  return integer(name, 0);
}

float ImportContext::number(std::string_view name, float fallback) {
  const auto* value = attribute_of<float>(name, "a number");
  return value == nullptr ? fallback : *value;
}

std::string ImportContext::text(std::string_view name, std::string_view fallback) {
  const auto* value = attribute_of<std::string>(name, "a text");
  return std::string(value == nullptr ? fallback : *value);
}

std::optional<std::vector<std::int64_t>> ImportContext::integers(std::string_view name) {
  const auto* value = attribute_of<std::vector<std::int64_t>>(name, "a list of integers");
  return value == nullptr ? std::nullopt : std::optional(*value);
}

std::optional<std::vector<float>> ImportContext::numbers(std::string_view name) {
  const auto* value = attribute_of<std::vector<float>>(name, "a list of numbers");
  return value == nullptr ? std::nullopt : std::optional(*value);
}

std::optional<Tensor> ImportContext::tensor(std::string_view name) {
  const auto* value = attribute_of<OnnxTensor>(name, "a tensor");
  if (value == nullptr) return std::nullopt;
  if (const auto* foreign = std::get_if<OnnxForeign>(value))
    refuse("attribute " + std::string(name) + " of type " + foreign->type);
  return std::get<Tensor>(*value);
}

void ImportContext::ignore(std::initializer_list<std::string_view> names) {
  known_.insert(known_.end(), names.begin(), names.end());
}

std::optional<std::vector<std::int64_t>> ImportContext::integers(std::size_t i,
                                                                 std::string_view name) {
  return has(i) ? std::optional(integers_of(operand(i), name)) : integers(name);
}

int ImportContext::axis(std::int64_t written, int rank) const {
  if (written < -rank || written >= rank)
    refuse("axis " + std::to_string(written) + " of " + std::to_string(rank));
  return static_cast<int>(written < 0 ? written + rank : written);
}

std::vector<int> ImportContext::axes(std::span<const std::int64_t> written, int rank) const {
  std::vector<int> out;
  for (const std::int64_t a : written) out.push_back(axis(a, rank));
  std::sort(out.begin(), out.end());
  if (std::adjacent_find(out.begin(), out.end()) != out.end()) refuse("an axis that stands twice");
  return out;
}

bool ImportContext::wants(std::size_t i) const noexcept { return i < wanted_.size() && wanted_[i]; }

int ImportContext::add(const OpDef& op, std::vector<int> operands, Attributes attributes) {
  Graph& graph = state_.graph;
  const bool constants = std::all_of(operands.begin(), operands.end(),
                                     [&](int id) { return id < 0 || graph.is_constant(id); });
  const int id = graph.add(op, std::move(operands), std::move(attributes), node_.name);
  if (!constants) return id;
  Node& node = graph.at(id);
  const std::uint64_t elements = static_cast<std::uint64_t>(node.shape.elements());
  const std::uint64_t bytes = elements * size_of(node.type);
  if (elements > largest_fold || bytes > state_.fold_bytes) return id;
  const std::int64_t macs_of_node = macs(graph, node);
  if (macs_of_node > state_.fold_macs) return id;
  state_.fold_bytes -= bytes;
  state_.fold_macs -= macs_of_node;
  const Tensor value = run(graph, node);
  node = Node{.name = node.name, .shape = value.shape(), .type = value.dtype(), .value = value};
  return id;
}

int ImportContext::add_constant(const Tensor& value) {
  return state_.graph.add_constant(node_.name, value);
}

int ImportContext::add_constant(const Shape& shape, std::span<const std::int64_t> integers) {
  const Tensor value = Tensor::empty(shape, DType::i64, Order::row_major);
  if (value.elements() != static_cast<std::int64_t>(integers.size()))
    throw Error("constant", shape.text(), std::to_string(integers.size()) + " numbers");
  std::copy(integers.begin(), integers.end(), value.data<std::int64_t>());
  return add_constant(value);
}

int ImportContext::reshape(int id, std::span<const std::int64_t> sizes) {
  if (std::ranges::equal(shape(id).sizes(), sizes)) return id;
  return add(reshape_op, {id}, ShapeAttributes{.shape = {sizes.begin(), sizes.end()}});
}

void ImportContext::set(std::size_t i, int id) {
  if (i >= outputs_.size()) return;  // an optional output that the file does not name
  outputs_[i] = id;
}

void ImportContext::check_finished() const {
  for (const auto& [name, value] : node_.attributes)
    if (std::find(known_.begin(), known_.end(), name) == known_.end())
      refuse("attribute " + in_quotes(name));
  for (std::size_t i = 0; i < outputs_.size(); ++i)
    if (wants(i) && outputs_[i] < 0) refuse("output " + std::to_string(i));
}

}  // namespace burin
