// A model compiled as the options of a verb ask for.
#pragma once

#include "apps/options.h"
#include "engine/graph/program.h"

namespace burin::apps {

// --precision, --max-memory, and what a verb read of --bands and --tune. The model's own weights do
// not count as memory from here on. Throws Error.
[[nodiscard]] Program compile(const Graph& graph, const GlobalOptions& global,
                              std::int64_t band_rows, bool tune);

}  // namespace burin::apps
