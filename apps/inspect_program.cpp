#include "apps/inspect_program.h"

#include <cstdio>
#include <map>

#include "apps/output.h"

namespace burin::apps {
namespace {

constexpr const char* view = "view";  // lies inside of another value; there is nothing to run

nlohmann::json json_of(const Candidate& candidate) {
  nlohmann::json out{{"kernel", candidate.kernel}};
  if (candidate.refused.empty())
    out["cost"] = number(candidate.cost);
  else
    out["refused"] = candidate.refused;
  if (candidate.milliseconds > 0) out["timed_ms"] = number(candidate.milliseconds);
  return out;
}

// Costs in multiples of the chosen entry's.
std::string text_of(const Candidate& candidate, double chosen) {
  char line[240];
  if (candidate.refused.empty())
    std::snprintf(line, sizeof line, "         %-32s %.2f times the cost", candidate.kernel.c_str(),
                  candidate.cost / chosen);
  else
    std::snprintf(line, sizeof line, "         %-32s refuses: %s", candidate.kernel.c_str(),
                  candidate.refused.c_str());
  return line;
}

std::string timed_text(const Candidate& candidate) {
  char line[120];
  std::snprintf(line, sizeof line, "         the fastest when timed: %.3f ms",
                candidate.milliseconds);
  return line;
}

void print_ranking(const Step& step) {
  double chosen = 1;
  for (const Candidate& candidate : step.ranking)
    if (candidate.kernel == step.kernel && candidate.cost > 0) {
      chosen = candidate.cost;
      if (candidate.milliseconds > 0) print_line(timed_text(candidate));
    }
  for (const Candidate& candidate : step.ranking)
    if (candidate.kernel != step.kernel) print_line(text_of(candidate, chosen));
}

void print_node(const Graph& graph, int id, const Step* step, bool json) {
  const Node& node = graph.at(id);
  const std::string kernel = step == nullptr ? view : step->kernel;
  if (json) {
    nlohmann::json ranking = nlohmann::json::array();
    if (step != nullptr)
      for (const Candidate& candidate : step->ranking) ranking.push_back(json_of(candidate));
    return print_json({{"node", id},
                       {"op", node.op->name},
                       {"layer", node.name},
                       {"output", node.shape.text()},
                       {"kernel", kernel},
                       {"macs", macs(graph, node)},
                       {"ranking", ranking}});
  }
  char line[200];
  std::snprintf(line, sizeof line, "%%%-5d %-16s %-28s %-20s %-26s %15lld", id,
                std::string(node.op->name).c_str(), node.name.c_str(), node.shape.text().c_str(),
                kernel.c_str(), static_cast<long long>(macs(graph, node)));
  print_line(line);
  if (step != nullptr) print_ranking(*step);
}

std::map<std::string, int> count_ops(const Graph& graph) {
  std::map<std::string, int> counts;
  for (const Node& node : graph.nodes)
    ++counts[node.op != nullptr ? std::string(node.op->name) : node.value ? "constant" : "input"];
  return counts;
}

std::map<std::string, int> changes(const std::map<std::string, int>& before,
                                   const std::map<std::string, int>& after) {
  std::map<std::string, int> out = after;
  for (const auto& [op, count] : before) out[op] -= count;
  std::erase_if(out, [](const auto& item) { return item.second == 0; });
  return out;
}

}  // namespace

void print_nodes(const Program& program, bool json) {
  std::map<int, const Step*> steps;
  for (const ProgramStep& step : program.steps()) steps[step.node] = &step.step;
  const Graph& graph = program.graph();
  if (!json)
    print_line(
        "node   op               layer                        output               kernel          "
        " "
        "                     MACs");
  for (int id = 0; id < static_cast<int>(graph.nodes.size()); ++id) {
    if (graph.at(id).op == nullptr) continue;
    const auto step = steps.find(id);
    print_node(graph, id, step == steps.end() ? nullptr : step->second, json);
  }
}

void print_passes(const Graph& graph, Precision precision, bool json) {
  std::map<std::string, int> before = count_ops(graph);
  std::size_t nodes = graph.nodes.size();
  const Graph last = optimize(graph, precision, [&](std::string_view pass, const Graph& now) {
    const std::map<std::string, int> after = count_ops(now), changed = changes(before, after);
    if (json) {
      print_json({{"pass", pass}, {"nodes", now.nodes.size()}, {"changes", changed}});
    } else {
      char line[80];
      std::snprintf(line, sizeof line, "%-20s %5zu -> %-5zu nodes", std::string(pass).c_str(),
                    nodes, now.nodes.size());
      std::string text = line;
      for (const auto& [op, count] : changed)
        text += "  " + op + (count > 0 ? " +" : " ") + std::to_string(count);
      print_line(text);
    }
    before = after;
    nodes = now.nodes.size();
  });
  if (json) return print_json({{"graph", to_text(last)}});
  print_line(to_text(last));
}

void print_memory(const Program& program, bool json) {
  const auto plan = program.activation_bytes(), live = program.live_bytes();
  if (json)
    return print_json({{"map", program.memory_text()},
                       {"activation_bytes", plan},
                       {"live_bytes", live},
                       {"shared_bytes", program.shared_bytes()},
                       {"packed_bytes", program.packed_bytes()}});
  print_line("nodes            bytes  place in the memory of all values");
  print_line(program.memory_text());
  char line[200];
  std::snprintf(
      line, sizeof line,
      "values %zu bytes, %.2f of what lives at once (%zu); scratch of all nodes %zu; packed "
      "weights %zu",
      plan, static_cast<double>(plan) / static_cast<double>(std::max<std::size_t>(1, live)), live,
      program.shared_bytes(), program.packed_bytes());
  print_line(line);
}

}  // namespace burin::apps
