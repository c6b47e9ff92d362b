// run.json: what was asked, by which program, on which machine, and what it chose.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>

#include "apps/options.h"

namespace burin::apps {

// Arguments, seed (null unless given), precision, version, CPU, instruction-set level, threads, the
// kernels chosen so far and `facts`. Atomic. Throws Error.
void write_run_record(const std::filesystem::path& folder, const CommandLine& command,
                      const GlobalOptions& options, const nlohmann::json& facts);

}  // namespace burin::apps
