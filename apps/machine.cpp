// burin machine: what this computer offers and what the settings do with it.
#include "apps/options.h"
#include "apps/output.h"
#include "engine/runtime/topology.h"
#include "engine/runtime/workers.h"
#include "kernels/cpu.h"

namespace burin::apps {
namespace {

using kernels::Isa;

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
  add_seed(json, options);
  return json;
}

int run(const GlobalOptions& options) {
  apply(options);
  const runtime::Topology t = runtime::discover_topology();
  if (options.json) {
    print_json(json_of(t, options));
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
  return 0;
}

}  // namespace

Verb add_machine(CLI::App& app, const CommandLine&) {
  auto options = std::make_shared<GlobalOptions>();
  CLI::App* verb =
      app.add_subcommand("machine", "topology, caches, instruction sets, what the settings do");
  add_global_options(*verb, *options);
  return {verb, "burin machine --threads 2 --bind cores", [options] { return run(*options); }};
}

}  // namespace burin::apps
