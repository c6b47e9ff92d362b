// A model compiled as the options of a verb ask for.
#pragma once

#include "apps/options.h"
#include "engine/graph/program.h"

namespace burin::apps {

// --precision, --max-memory, and what a verb read of --bands and --tune. The model's own weights do
// not count as memory from here on; where nobody else holds them, they are let go. Throws Error.
[[nodiscard]] Program compile(Graph graph, const GlobalOptions& global, std::int64_t band_rows,
                              bool tune);

}  // namespace burin::apps
