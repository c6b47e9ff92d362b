// burin machine: what this computer offers and what the settings do with it.
#include <cstdio>

#include "apps/options.h"
#include "apps/output.h"
#include "engine/runtime/peaks.h"
#include "engine/runtime/topology.h"
#include "engine/runtime/workers.h"
#include "kernels/cpu.h"

namespace burin::apps {
namespace {

using kernels::Isa;
using runtime::Peak;

struct Options {
  GlobalOptions global;
  bool peaks = false;
};

constexpr Isa levels[] = {Isa::reference, Isa::avx2, Isa::avx512, Isa::vnni, Isa::bf16, Isa::amx};

std::string bytes_text(std::int64_t bytes) {
  if (bytes <= 0) return "unknown";
  if (bytes >= 1 << 20) return std::to_string(bytes >> 20) + " MiB";
  return std::to_string(bytes >> 10) + " KiB";
}

int count_cores(const runtime::Topology& topology) {
  int cores = 0;
  for (const auto& p : topology.processors) cores = std::max(cores, p.core + 1);
  return cores;
}

nlohmann::json json_of(const runtime::Topology& t, const GlobalOptions& options) {
  nlohmann::json isa = nlohmann::json::object(), processors = nlohmann::json::array();
  for (const Isa level : levels)
    isa[std::string(kernels::isa_name(level))] = {{"cpu", kernels::cpu_has(level)},
                                                  {"usable", kernels::usable(level)}};
  for (const auto& p : t.processors)
    processors.push_back(
        {{"id", p.id}, {"core", p.core}, {"cluster", p.cluster}, {"package", p.package}});
  nlohmann::json json{{"cpu", t.cpu_name},
                      {"processors", processors},
                      {"cores", count_cores(t)},
                      {"l1d_bytes", t.l1d_bytes},
                      {"l2_bytes", t.l2_bytes},
                      {"l3_bytes", t.l3_bytes},
                      {"cpu_quota", t.cpu_quota},
                      {"isa", isa},
                      {"default_threads", runtime::default_threads(t)},
                      {"threads", runtime::threads()},
                      {"settings", runtime::describe()}};
  add_settings(json, options);
  return json;
}

nlohmann::json json_of(const Peak& p) {
  if (p.kind == Peak::Kind::multiply_adds)
    return {{"type", p.subject}, {"isa", p.way}, {"threads", p.threads}, {"gflops", p.per_second}};
  return {{"level", p.subject},
          {"direction", p.way},
          {"threads", p.threads},
          {"bytes_per_thread", p.bytes_per_thread},
          {"gbytes_per_second", p.per_second}};
}

void print_peak(const Peak& p) {
  char line[100];
  std::snprintf(line, sizeof line, "peak      %-5s%-8s%3d %s %9.1f %s",
                std::string(p.subject).c_str(), std::string(p.way).c_str(), p.threads,
                p.threads == 1 ? "thread " : "threads", p.per_second,
                p.kind == Peak::Kind::multiply_adds ? "GFLOP/s" : "GB/s");
  print_line(line);
}

int run(const Options& options) {
  apply(options.global);
  const runtime::Topology t = runtime::discover_topology();
  if (options.global.json) {
    nlohmann::json json = json_of(t, options.global);
    if (options.peaks) {
      json["peaks"] = nlohmann::json::array();
      runtime::measure_peaks([&](const Peak& p) { json["peaks"].push_back(json_of(p)); });
    }
    print_json(json);
    return 0;
  }
  print_line("CPU       " + t.cpu_name);
  print_line("cores     " + std::to_string(count_cores(t)) + " with " +
             std::to_string(t.processors.size()) + " hardware threads" +
             (t.cpu_quota > 0 ? ", limited to " + std::to_string(t.cpu_quota) + " CPUs" : ""));
  print_line("caches    L1 " + bytes_text(t.l1d_bytes) + ", L2 " + bytes_text(t.l2_bytes) +
             ", L3 " + bytes_text(t.l3_bytes));
  std::string line = "levels   ";
  for (const Isa level : levels)
    if (kernels::cpu_has(level))
      line += " " + std::string(kernels::isa_name(level)) +
              (kernels::usable(level) ? "" : " (switched off by BURIN_MAX_ISA)");
  print_line(line);
  print_line("settings  " + runtime::describe());
  print_line("          one thread per physical core is best: --threads " +
             std::to_string(runtime::default_threads(t)) + " --bind cores");
  if (options.peaks) runtime::measure_peaks(print_peak);
  return 0;
}

}  // namespace

Verb add_machine(CLI::App& app, const CommandLine&) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = app.add_subcommand(
      "machine", "topology, caches, instruction sets, measured peaks, what the settings do");
  verb->add_flag("--peaks", options->peaks,
                 "also measure the most that multiply-adds and memory reach, some seconds");
  add_global_options(*verb, options->global);
  return {verb, "burin machine --peaks", [options] { return run(*options); }};
}

}  // namespace burin::apps
