// From a tape to a graph: what the outputs depend on, in the tape's order.
#include "engine/graph/graph.h"

namespace burin {
namespace {

std::vector<bool> reached(const Tape& tape, std::span<const Value> outputs) {
  std::vector<bool> out(tape.nodes().size());
  for (const Value& value : outputs) out[static_cast<std::size_t>(value.id())] = true;
  for (std::size_t id = out.size(); id-- > 0;) {
    if (!out[id]) continue;
    for (const int input : tape.nodes()[id].inputs)
      if (input >= 0) out[static_cast<std::size_t>(input)] = true;
  }
  return out;
}

// "inc.double_conv.0" of a node that reads "inc.double_conv.0.weight".
std::string layer_of(const Tape& tape, const Node& node) {
  for (const int id : node.inputs) {
    if (id < 0) continue;
    const Node& input = tape.nodes()[static_cast<std::size_t>(id)];
    if (input.op != nullptr || !input.value) continue;
    const std::size_t dot = input.name.rfind('.');
    if (dot != std::string::npos) return input.name.substr(0, dot);
  }
  return {};
}

std::string name_at(std::span<const std::string> names, std::size_t index, const char* word) {
  if (index < names.size()) return names[index];
  return index == 0 ? word : word + ("_" + std::to_string(index));
}

}  // namespace

Graph trace(const Tape& tape, std::span<const Value> outputs,
            std::span<const std::string> input_names, std::span<const std::string> output_names) {
  const std::vector<bool> wanted = reached(tape, outputs);
  std::vector<int> ids(wanted.size(), -1);
  Graph graph;
  for (std::size_t id = 0; id < wanted.size(); ++id) {
    const Node& from = tape.nodes()[id];
    const bool input = from.op == nullptr && !from.value;
    if (!wanted[id] && !input) continue;  // an input that nothing reads is still the caller's
    Node node = from;
    for (int& operand : node.inputs)
      if (operand >= 0) operand = ids[static_cast<std::size_t>(operand)];
    ids[id] = static_cast<int>(graph.nodes.size());
    if (input) {
      node.name = name_at(input_names, graph.inputs.size(), "input");
      graph.inputs.push_back(ids[id]);
    } else if (node.op != nullptr) {
      node.name = layer_of(tape, from);
    }
    graph.nodes.push_back(std::move(node));
  }
  for (std::size_t i = 0; i < outputs.size(); ++i)
    graph.outputs.push_back(
        {ids[static_cast<std::size_t>(outputs[i].id())], name_at(output_names, i, "output")});
  return graph;
}

}  // namespace burin
