// Which regions are cut into bands, and how high these are: as asked for, or where memory is short.
#pragma once

#include "engine/graph/bands.h"

namespace burin {

inline constexpr std::int64_t bands_by_choice = -1;

struct BandRequest {
  std::int64_t rows = bands_by_choice;  // of a band; 0: no bands
  kernels::Precision precision = kernels::Precision::f32;
  // Bytes of activations, packed weights and scratch that threads share; 0: no limit.
  std::size_t max_memory = 0;
  bool keep_values = false;  // every value has memory of its own: no bands
};

// What is known before memory is taken.
struct ValuePlan {
  std::vector<Region> regions;  // those that are cut
  Blocks blocks;
  MemoryPlan memory;
};

// "N bytes for ..".
[[nodiscard]] std::string memory_needed(std::size_t bytes);

// Throws Error{"--max-memory", ...} with the least that would do where no height of bands fits.
[[nodiscard]] ValuePlan plan_values(const Graph& graph, const std::vector<Place>& places,
                                    const BandRequest& request);

}  // namespace burin
