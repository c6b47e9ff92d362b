#include "apps/run_record.h"

#include "apps/output.h"
#include "apps/version.h"
#include "engine/ops/plan_cache.h"
#include "engine/runtime/topology.h"
#include "engine/runtime/workers.h"
#include "io/atomic_file.h"
#include "kernels/cpu.h"

namespace burin::apps {
namespace {

std::string highest_isa() {
  using kernels::Isa;
  std::string best = "reference";
  for (const Isa isa : {Isa::avx2, Isa::avx512, Isa::vnni, Isa::bf16, Isa::amx})
    if (kernels::usable(isa)) best = kernels::isa_name(isa);
  return best;
}

}  // namespace

void write_run_record(const std::filesystem::path& folder, const CommandLine& command,
                      const GlobalOptions& options, const nlohmann::json& facts) {
  nlohmann::json record = facts;
  record["arguments"] = command.words;
  record["seed"] = options.seed ? nlohmann::json(*options.seed) : nlohmann::json();
  record["precision"] = options.precision;
  record["version"] = version;
  record["cpu"] = runtime::discover_topology().cpu_name;
  record["isa"] = highest_isa();
  record["threads"] = runtime::describe();
  auto& kernels = record["kernels"] = nlohmann::json::array();
  for (const ChosenKernel& k : chosen_kernels())
    kernels.push_back({{"op", k.op}, {"pass", k.pass}, {"shape", k.shape}, {"kernel", k.kernel}});
  write_file(folder / "run.json", json_text(record, 1) + "\n");
}

}  // namespace burin::apps
