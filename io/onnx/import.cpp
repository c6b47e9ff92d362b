#include "io/onnx/import.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "engine/error.h"
#include "io/in_quotes.h"
#include "io/onnx/rule.h"

namespace burin {
namespace {

constexpr int unknown = -2;  // a value whose node was refused

std::string text_of(const std::vector<OnnxDimension>& dimensions) {
  std::string out;
  for (const OnnxDimension& d : dimensions) {
    if (!out.empty()) out += 'x';
    out += d.size >= 0 ? std::to_string(d.size) : d.symbol.empty() ? "?" : d.symbol;
  }
  return out.empty() ? "scalar" : out;
}

class Import {
 public:
  Import(const OnnxModel& model, const ImportOptions& options)
      : model_(model), options_(options), operation_("import" + model.source.substr(4)) {
    state_.opset = model.opset;
    // Weights may be turned and reshaped a few times; shape arithmetic takes next to nothing.
    state_.fold_bytes = (std::uint64_t{64} << 20) + 4 * model.bytes;
    state_.fold_macs = (std::int64_t{1} << 30) + 64 * static_cast<std::int64_t>(model.bytes);
    state_.graph.name = model.name;
    state_.graph.metadata = model.metadata;
  }

  Graph run() {
    check_names();
    for (const OnnxValue& input : model_.inputs) add_input(input);
    for (const OnnxNode& node : model_.nodes)
      for (const std::string& input : node.inputs) read_.insert(input);
    for (const OnnxValue& output : model_.outputs) read_.insert(output.name);
    for (const OnnxNode& node : model_.nodes) add_node(node);
    for (const OnnxValue& output : model_.outputs)
      state_.graph.outputs.push_back({id_of(output.name), output.name});
    report();
    return pruned(std::move(state_.graph));
  }

 private:
  void check_names() const {
    const auto check = [&](const std::string& name) {
      std::string known;
      for (const OnnxValue& input : model_.inputs) {
        if (input.name == name) return;
        known += (known.empty() ? "" : ", ") + input.name;
      }
      throw Error(operation_, known.empty() ? "no inputs" : "inputs among " + known, name);
    };
    for (const auto& [name, shape] : options_.shapes) check(name);
    for (const auto& [name, value] : options_.values) check(name);
  }

  void add_input(const OnnxValue& input) {
    const std::string where = "input " + in_quotes(input.name);
    if (const auto* foreign = std::get_if<OnnxForeign>(&input.type))
      throw Error(operation_, where + " of a type that the engine has", foreign->type);
    const DType type = std::get<DType>(input.type);
    if (const auto bound = options_.values.find(input.name); bound != options_.values.end()) {
      const Tensor& value = bound->second;
      if (value.dtype() != type)
        throw Error(operation_, where + " of " + std::string(dtype_name(type)),
                    std::string(dtype_name(value.dtype())));
      check_fit(input, value.shape());
      ids_[input.name] = state_.graph.add_constant(input.name, value);
      return;
    }
    ids_[input.name] = state_.graph.add_input(input.name, shape_of(input), type);
  }

  void check_fit(const OnnxValue& input, const Shape& shape) const {
    if (!input.dimensions) return;
    bool fits = static_cast<int>(input.dimensions->size()) == shape.rank();
    for (int axis = 0; fits && axis < shape.rank(); ++axis) {
      const std::int64_t size = (*input.dimensions)[static_cast<std::size_t>(axis)].size;
      fits = size < 0 || size == shape[axis];
    }
    if (!fits)
      throw Error(operation_,
                  "input " + in_quotes(input.name) + " of " + text_of(*input.dimensions),
                  shape.text());
  }

  Shape shape_of(const OnnxValue& input) const {
    if (const auto given = options_.shapes.find(input.name); given != options_.shapes.end()) {
      check_fit(input, given->second);
      return given->second;
    }
    const std::string where = "input " + in_quotes(input.name);
    if (!input.dimensions) throw Error(operation_, "a shape for " + where, "none");
    std::vector<std::int64_t> sizes;
    for (const OnnxDimension& d : *input.dimensions) {
      if (d.size < 0 && !sizes.empty())
        throw Error(operation_, "sizes for " + where, text_of(*input.dimensions));
      sizes.push_back(d.size < 0 ? 1 : d.size);
    }
    try {
      return Shape(sizes);
    } catch (const Error& error) {
      throw Error(operation_, error.expected() + " in " + where, error.got());
    }
  }

  // Of an operand or output: -1 where it is absent. Initializers enter the graph when they are read.
  int id_of(const std::string& name) {
    if (name.empty()) return -1;
    if (const auto known = ids_.find(name); known != ids_.end()) return known->second;
    const auto weight = model_.weights.find(name);
    if (weight == model_.weights.end()) return unknown;
    int id = unknown;
    if (const auto* foreign = std::get_if<OnnxForeign>(&weight->second))
      note({"initializer", name, {}, {}, {}}, "type " + foreign->type);
    else
      id = state_.graph.add_constant(name, std::get<Tensor>(weight->second));
    return ids_[name] = id;
  }

  void add_node(const OnnxNode& node) {
    const OnnxRule* rule = find_onnx_rule(node.op);
    if (rule == nullptr) return note(node, "no such operator here");
    std::vector<int> operands;
    std::vector<bool> wanted;
    for (const std::string& input : node.inputs) operands.push_back(id_of(input));
    for (const std::string& output : node.outputs)
      wanted.push_back(!output.empty() && read_.contains(output));
    // Refused itself by what it reads; its own operator is known.
    if (std::ranges::find(operands, unknown) != operands.end()) return;
    try {
      ImportContext context(state_, node, std::move(operands), std::move(wanted));
      rule->import(context);
      context.check_finished();
      for (std::size_t i = 0; i < node.outputs.size(); ++i)
        if (const int id = context.outputs()[i]; id >= 0 && !node.outputs[i].empty())
          ids_[node.outputs[i]] = id;
    } catch (const OnnxRefusal& refusal) {
      note(node, refusal.reason);
    } catch (const Error& error) {
      note(node, error.what());
    }
  }

  struct Refused {
    std::string op, node, reason;
    int count = 0;
  };
  void note(const OnnxNode& node, const std::string& reason) {
    for (Refused& r : refused_)
      if (r.op == node.op && r.reason == reason) {
        ++r.count;
        return;
      }
    if (refused_.size() < most_refused) refused_.push_back({node.op, node.name, reason, 1});
  }

  void report() const {
    if (refused_.empty()) return;
    std::string all;
    for (const Refused& r : refused_)
      all += (all.empty() ? "" : "; ") + r.op + " x" + std::to_string(r.count) + " (first " +
             in_quotes(r.node) + "): " + r.reason;
    throw Error(operation_, "operators that docs/onnx.md lists", all);
  }

  // Without what neither an output nor the caller needs.
  static Graph pruned(Graph graph) {
    std::vector<bool> wanted(graph.nodes.size());
    for (const int id : graph.inputs) wanted[static_cast<std::size_t>(id)] = true;
    for (const GraphOutput& output : graph.outputs)
      wanted[static_cast<std::size_t>(output.node)] = true;
    for (std::size_t id = wanted.size(); id-- > 0;)
      for (const int input : wanted[id] ? graph.nodes[id].inputs : std::vector<int>())
        if (input >= 0) wanted[static_cast<std::size_t>(input)] = true;
    std::vector<int> moved(wanted.size(), -1);
    std::vector<Node> nodes;
    for (std::size_t id = 0; id < wanted.size(); ++id) {
      if (!wanted[id]) continue;
      moved[id] = static_cast<int>(nodes.size());
      nodes.push_back(std::move(graph.nodes[id]));
      for (int& input : nodes.back().inputs)
        if (input >= 0) input = moved[static_cast<std::size_t>(input)];
    }
    graph.nodes = std::move(nodes);
    for (int& id : graph.inputs) id = moved[static_cast<std::size_t>(id)];
    for (GraphOutput& output : graph.outputs)
      output.node = moved[static_cast<std::size_t>(output.node)];
    return graph;
  }

  static constexpr std::size_t most_refused = 64;  // of a list that a person reads

  const OnnxModel& model_;
  const ImportOptions& options_;
  std::string operation_;
  ImportState state_;
  std::unordered_map<std::string, int> ids_;
  std::unordered_set<std::string> read_;
  std::vector<Refused> refused_;
};

}  // namespace

Graph import_onnx(const OnnxModel& model, const ImportOptions& options) {
  return Import(model, options).run();
}

}  // namespace burin
