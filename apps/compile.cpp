#include "apps/compile.h"

#include <utility>

#include "apps/tuned_file.h"

namespace burin::apps {

Program compile(Graph graph, const GlobalOptions& global, std::int64_t band_rows, bool tune) {
  leave_limit_to_program();
  return with_tuned(tune, [&](TunedKernels* tuned) {
    return Program(std::move(graph), {.precision = precision_from(global.precision),
                                      .max_memory = memory_limit(global),
                                      .band_rows = band_rows,
                                      .tuned = tuned});
  });
}

}  // namespace burin::apps
