// What `burin bench` times: one model at one setting.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/graph/band_choice.h"
#include "engine/ops/step.h"

namespace burin::apps {

struct BenchSetting {
  std::string model;
  std::vector<std::string> shapes;  // words of --shape
  std::int64_t batch = 0;           // 0: the model's own
  Precision precision = Precision::f32;
  int streams = 1;
  double seconds = 2;
  std::uint64_t seed = 1;
  std::size_t max_memory = 0;
  std::int64_t band_rows = bands_by_choice;
  bool tune = false;
};

// The keys model, shape, batch, streams, median_ms, min_ms, p99_ms, images_per_s, gflops, load_ms,
// first_ms, peak_rss_mb. Throws Error.
[[nodiscard]] nlohmann::json bench(const BenchSetting& setting);

// Each line of standard input is a number of runs of every stream (empty: 1). First prints an object
// with model, shape, batch, streams, macs, load_ms and first_ms; then for each line one with ms (median
// of its runs), wall_ms and images (of all of them) and peak_rss_mb. Throws Error.
void bench_by_turns(const BenchSetting& setting);

}  // namespace burin::apps
