#include "apps/bench_run.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iostream>
#include <memory>

#include "apps/load_graph.h"
#include "apps/options.h"
#include "apps/output.h"
#include "apps/streams.h"
#include "apps/tuned_file.h"
#include "engine/runtime/resident.h"
#include "engine/runtime/stopwatch.h"

namespace burin::apps {
namespace {

double peak_rss_mb() { return static_cast<double>(runtime::peak_resident_bytes()) * 1e-6; }

// The smallest number that `share` of the sorted numbers do not exceed.
double percentile(const std::vector<double>& sorted, double share) {
  const double place = std::ceil(share * static_cast<double>(sorted.size())) - 1;
  return sorted[static_cast<std::size_t>(std::max(0.0, place))];
}

// A model from its file to its second run.
struct Ready {
  std::unique_ptr<Streams> streams;
  nlohmann::json facts;  // model, shape, batch, streams, load_ms, first_ms
  std::int64_t batch = 1, macs = 0;
};

struct NamedGraph {
  std::string name;
  Graph graph;  // nobody else holds its weights
};

NamedGraph graph_of(const BenchSetting& setting) {
  const LoadedModel model(setting.model, {.seed = setting.seed});
  return {model.name(), model.graph({.shapes = shapes_by_name(setting.shapes, model.input_names()),
                                     .batch = setting.batch})};
}

Ready prepare(const BenchSetting& setting) {
  Ready ready;
  const runtime::Stopwatch reading;
  NamedGraph model = graph_of(setting);
  const double read_ms = reading.milliseconds();
  const Graph& graph = model.graph;
  ready.macs = macs(graph);
  if (!graph.inputs.empty() && graph.at(graph.inputs[0]).shape.rank() > 0)
    ready.batch = graph.at(graph.inputs[0]).shape[0];
  ready.facts = {{"model", model.name},
                 {"shape", input_shapes_text(graph)},
                 {"batch", ready.batch},
                 {"streams", setting.streams}};
  std::vector<Tensor> inputs = random_inputs(graph, setting.seed);
  leave_limit_to_program();
  const runtime::Stopwatch making;  // what the random inputs take is no part of loading
  ready.streams = with_tuned(setting.tune, [&](TunedKernels* tuned) {
    return std::make_unique<Streams>(std::move(model.graph),
                                     CompileOptions{.precision = setting.precision,
                                                    .max_memory = setting.max_memory,
                                                    .band_rows = setting.band_rows,
                                                    .tuned = tuned},
                                     std::move(inputs), setting.streams);
  });
  ready.facts["load_ms"] = read_ms + making.milliseconds();
  const std::vector<double> first = ready.streams->run(1, 0);
  ready.facts["first_ms"] = *std::max_element(first.begin(), first.end());
  return ready;
}

// An empty line asks for one run.
int runs_from(const std::string& line) {
  int runs = line.empty() ? 1 : 0;
  std::from_chars(line.data(), line.data() + line.size(), runs);
  if (runs < 1 || runs > 1'000'000)
    throw Error("--rounds-from-stdin", "a number of runs on each line", "'" + line + "'");
  return runs;
}

}  // namespace

nlohmann::json bench(const BenchSetting& setting) {
  constexpr int least_runs = 5;
  Ready ready = prepare(setting);
  const runtime::Stopwatch watch;
  std::vector<double> times = ready.streams->run(least_runs, setting.seconds);
  const double seconds = watch.seconds();
  std::sort(times.begin(), times.end());
  const double median = percentile(times, 0.5);
  nlohmann::json result = std::move(ready.facts);
  result["median_ms"] = median;
  result["min_ms"] = times.front();
  result["p99_ms"] = percentile(times, 0.99);
  result["images_per_s"] =
      static_cast<double>(ready.batch) * static_cast<double>(times.size()) / seconds;
  result["gflops"] = 2e-6 * static_cast<double>(ready.macs) * setting.streams / median;
  result["peak_rss_mb"] = peak_rss_mb();
  return result;
}

void bench_by_turns(const BenchSetting& setting) {
  Ready ready = prepare(setting);
  ready.facts["macs"] = ready.macs;
  print_json(ready.facts);
  for (std::string line; std::getline(std::cin, line);) {
    const runtime::Stopwatch watch;
    std::vector<double> times = ready.streams->run(runs_from(line), 0);
    const double ms = watch.milliseconds();
    std::sort(times.begin(), times.end());
    print_json({{"ms", percentile(times, 0.5)},
                {"wall_ms", ms},
                {"images", ready.batch * static_cast<std::int64_t>(times.size())},
                {"peak_rss_mb", peak_rss_mb()}});
  }
}

}  // namespace burin::apps
