// burin bench MODEL [--batch 1,8] [--streams 1,2] [--precision f32,bf16]: how fast a model runs.
#include <charconv>
#include <cmath>
#include <map>
#include <memory>

#include "apps/bench_run.h"
#include "apps/fork_json.h"
#include "apps/load_graph.h"
#include "apps/options.h"
#include "apps/output.h"
#include "apps/tuned_file.h"
#include "engine/runtime/peaks.h"
#include "engine/runtime/workers.h"

namespace burin::apps {
namespace {

struct Options {
  GlobalOptions global;
  std::string model;
  std::vector<std::string> shapes;
  std::string batches, streams = "1";  // with commas between; empty: the model's own
  std::string bands = "auto";
  double seconds = 2;
  bool by_turns = false, tune = false;
};

std::vector<int> numbers_from(const char* option, const std::string& text, int least, int most) {
  std::vector<int> numbers;
  for (const std::string& word : split_at_commas(text)) {
    int value = 0;
    const char* const end = word.data() + word.size();
    const auto [rest, error] = std::from_chars(word.data(), end, value);
    if (error != std::errc() || rest != end || value < least || value > most)
      throw UsageError(option,
                       "numbers from " + std::to_string(least) + " to " + std::to_string(most) +
                           " with commas between",
                       "'" + text + "'");
    numbers.push_back(value);
  }
  return numbers;
}

// Every combination, the precision outermost.
std::vector<std::pair<std::string, BenchSetting>> settings_of(const Options& options) {
  std::vector<std::pair<std::string, BenchSetting>> all;
  const auto batches = options.batches.empty() ? std::vector<int>{0}
                                               : numbers_from("--batch", options.batches, 1, 65536);
  const auto streams = numbers_from("--streams", options.streams, 1, 1024);
  for (const std::string& precision : split_at_commas(options.global.precision))
    for (const int batch : batches)
      for (const int count : streams)
        all.push_back({precision,
                       {.model = options.model,
                        .shapes = options.shapes,
                        .batch = batch,
                        .precision = precision_from(precision),
                        .streams = count,
                        .seconds = options.seconds,
                        .seed = options.global.seed.value_or(1),
                        .max_memory = memory_limit(options.global),
                        .band_rows = band_rows_from(options.bands, options.tune),
                        .tune = options.tune}});
  return all;
}

void print_header() {
  print_line(
      "model                  shape            precision streams  median ms     min ms     p99 ms  "
      "images/s  GFLOP/s  of peak  load ms  first ms  peak MB");
}

void print_row(const nlohmann::json& r) {
  const auto n = [&](const char* key) { return r[key].is_number() ? r[key].get<double>() : NAN; };
  char line[256];
  std::snprintf(line, sizeof line,
                "%-22s %-16s %-9s %7.0f %10.3f %10.3f %10.3f %9.2f %8.1f %7.0f%% %8.1f %9.3f %8.0f",
                r["model"].get<std::string>().c_str(), r["shape"].get<std::string>().c_str(),
                r["precision"].get<std::string>().c_str(), n("streams"), n("median_ms"),
                n("min_ms"), n("p99_ms"), n("images_per_s"), n("gflops"), 100 * n("peak_share"),
                n("load_ms"), n("first_ms"), n("peak_rss_mb"));
  print_line(line);
}

// Of f32 multiply-adds, of bf16 products where those are asked for; measured once each.
class Ceilings {
 public:
  double of(Precision precision) {
    const char* type = precision == Precision::bf16 ? "bf16" : "f32";
    const auto found = known_.find(type);
    if (found != known_.end()) return found->second;
    const auto measured = fork_json([type] {
      return nlohmann::json{{"peak", runtime::measure_multiply_adds(type)}};
    });
    return known_[type] = measured["peak"];
  }

 private:
  std::map<std::string, double> known_;
};

int run(const Options& options) {
  const auto settings = settings_of(options);
  apply(options.global);
  if (options.by_turns) {
    if (settings.size() != 1)
      throw UsageError("--rounds-from-stdin", "one setting", std::to_string(settings.size()));
    bench_by_turns(settings[0].second);
    return 0;
  }
  const int threads = runtime::threads();
  Ceilings ceilings;
  if (!options.global.json) print_header();
  for (const auto& [precision, setting] : settings) {
    const double peak = ceilings.of(setting.precision);
    nlohmann::json result = fork_json([&, s = setting] { return bench(s); });
    result["precision"] = precision;
    result["threads"] = threads;
    result["peak_share"] = number(result["gflops"].get<double>() / peak);
    options.global.json ? print_json(result) : print_row(result);
  }
  return 0;
}

}  // namespace

Verb add_bench(CLI::App& app, const CommandLine&) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = app.add_subcommand("bench", "how fast a model runs");
  verb->add_option("model", options->model, model_help)->required();
  verb->add_option("--shape", options->shapes,
                   "sizes of the input, as 1x3x512x512; of several, 1x512,1x10 or NAME=1x512");
  verb->add_option("--batch", options->batches, "images at once, as 1 or 1,8");
  verb->add_option("--streams", options->streams,
                   "programs side by side that share the threads and the packed weights, as 1,2");
  add_bands_option(*verb, options->bands);
  verb->add_option("--seconds", options->seconds, "for each setting, after the first run")
      ->check(number_within(0.0, 3600.0));
  verb->add_flag("--rounds-from-stdin", options->by_turns,
                 "each line on standard input is a number of runs, and an object tells their time");
  add_tune_option(*verb, options->tune);
  add_global_options(*verb, options->global, CLI::Validator{});
  return {verb, "burin bench fundus-unet --shape 1x3x96x96 --streams 1,2 --seconds 1",
          [options] { return run(*options); }};
}

}  // namespace burin::apps
