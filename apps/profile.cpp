#include "apps/profile.h"

#include <cstdio>

#include "apps/output.h"
#include "engine/runtime/stopwatch.h"
#include "io/atomic_file.h"

namespace burin::apps {
namespace {

std::int64_t bytes_of(const Node& node) {
  return node.shape.elements() * static_cast<std::int64_t>(size_of(node.type));
}

NodeProfile profile_of(const Graph& graph, const ProgramStep& step) {
  const Node& node = graph.at(step.node);
  NodeProfile out{.node = step.node,
                  .op = std::string(node.op->name),
                  .layer = node.name,
                  .output = node.shape.text(),
                  .kernel = step.step.kernel,
                  .macs = macs(graph, node),
                  .bytes = bytes_of(node)};
  for (const int operand : node.inputs)
    if (operand >= 0) out.bytes += bytes_of(graph.at(operand));
  return out;
}

std::string row_text(const NodeProfile& n, double share, double peak) {
  char rate[40] = "        -       -";
  if (n.macs > 0)
    std::snprintf(rate, sizeof rate, "%9.1f %6.0f%%", gflops(n), 100 * gflops(n) / peak);
  char line[240];
  std::snprintf(line, sizeof line, "%%%-5d %-16s %-28s %-20s %-26s %9.3f %5.1f%% %s %9.2f", n.node,
                n.op.c_str(), n.layer.c_str(), n.output.c_str(), n.kernel.c_str(), n.seconds * 1e3,
                100 * share, rate, static_cast<double>(n.bytes) * 1e-6);
  return line;
}

nlohmann::json json_of(const NodeProfile& n, double share, double peak) {
  return {{"node", n.node},
          {"op", n.op},
          {"layer", n.layer},
          {"output", n.output},
          {"kernel", n.kernel},
          {"ms", n.seconds * 1e3},
          {"share", share},
          {"macs", n.macs},
          {"bytes", n.bytes},
          {"gflops", gflops(n)},
          {"peak_share", number(gflops(n) / peak)}};
}

}  // namespace

double Profile::accounted() const {
  double sum = load_seconds;
  for (const NodeProfile& n : nodes) sum += n.seconds;
  return sum / run_seconds;
}

double gflops(const NodeProfile& node) {
  return node.seconds > 0 ? 2e-9 * static_cast<double>(node.macs) / node.seconds : 0;
}

Profile profile(Program& program, std::span<const Tensor> inputs, double seconds) {
  constexpr int least_runs = 3;
  Profile out;
  for (const ProgramStep& step : program.steps())
    out.nodes.push_back(profile_of(program.graph(), step));
  (void)program.run(inputs);
  const runtime::Stopwatch all;
  while (out.runs < least_runs || all.seconds() < seconds) {
    const runtime::Stopwatch run;
    (void)program.run_profiled(inputs);
    out.run_seconds += run.seconds();
    if (++out.runs > 1) continue;
    out.load_traced = program.load_seconds();
    for (std::size_t i = 0; i < out.nodes.size(); ++i)
      out.nodes[i].traced = program.steps()[i].seconds;
  }
  out.run_seconds /= out.runs;
  out.load_seconds = program.load_seconds() / out.runs;
  for (std::size_t i = 0; i < out.nodes.size(); ++i)
    out.nodes[i].seconds = program.steps()[i].seconds / out.runs;
  return out;
}

void print_profile(const Profile& profile, double peak, bool json) {
  const NodeProfile load{.op = "load inputs", .seconds = profile.load_seconds};
  if (!json)
    print_line(
        "node   op               layer                        output               kernel          "
        " "
        "                 ms  share   GFLOP/s of peak        MB");
  for (const NodeProfile& n : profile.nodes) {
    const double share = n.seconds / profile.run_seconds;
    json ? print_json(json_of(n, share, peak)) : print_line(row_text(n, share, peak));
  }
  const double load_share = load.seconds / profile.run_seconds;
  if (json) {
    print_json({{"op", load.op}, {"ms", load.seconds * 1e3}, {"share", load_share}});
    print_json({{"run_ms", profile.run_seconds * 1e3},
                {"runs", profile.runs},
                {"accounted", profile.accounted()},
                {"peak_gflops", peak}});
    return;
  }
  char line[200];
  std::snprintf(line, sizeof line, "%-99s %9.3f %5.1f%%", "       load inputs", load.seconds * 1e3,
                100 * load_share);
  print_line(line);
  std::snprintf(
      line, sizeof line,
      "a run takes %.3f ms (mean of %d), of which %.1f %% are accounted for above; peak %.0f "
      "GFLOP/s",
      profile.run_seconds * 1e3, profile.runs, 100 * profile.accounted(), peak);
  print_line(line);
}

void write_trace(const std::string& file, const std::string& model, const Profile& profile) {
  nlohmann::json events = nlohmann::json::array();
  double at = 0;  // microseconds
  const auto add = [&](const std::string& name, const std::string& kind, double seconds,
                       nlohmann::json arguments) {
    events.push_back({{"name", name},
                      {"cat", kind},
                      {"ph", "X"},
                      {"ts", at},
                      {"dur", seconds * 1e6},
                      {"pid", 1},
                      {"tid", 1},
                      {"args", std::move(arguments)}});
    at += seconds * 1e6;
  };
  add("load inputs", "load", profile.load_traced, nlohmann::json::object());
  for (const NodeProfile& n : profile.nodes)
    add(n.op + (n.layer.empty() ? "" : " " + n.layer), n.op, n.traced,
        {{"node", n.node},
         {"kernel", n.kernel},
         {"output", n.output},
         {"macs", n.macs},
         {"bytes", n.bytes}});
  const std::string text = json_text(
      {{"traceEvents", events}, {"displayTimeUnit", "ms"}, {"otherData", {{"model", model}}}});
  write_file(file, text);
}

}  // namespace burin::apps
