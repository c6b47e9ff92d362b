// What this CPU can do at most (engine/runtime/peaks.h), for one thread and for all.
//
//   peak [--json] [--threads N]      one JSON object per line with --json, else a table
#include <cstdio>
#include <optional>
#include <string_view>

#include "engine/runtime/peaks.h"
#include "engine/runtime/workers.h"
#include "perf/environment.h"
#include "perf/numbers.h"
#include "perf/usage.h"

namespace {

using namespace burin;
using runtime::Peak;

void print(const Peak& p, bool json) {
  const bool adds = p.kind == Peak::Kind::multiply_adds;
  const int subject = static_cast<int>(p.subject.size()), way = static_cast<int>(p.way.size());
  if (!json)
    std::printf("%-5.*s %-7.*s %2d threads  %9.1f %s\n", subject, p.subject.data(), way,
                p.way.data(), p.threads, p.per_second, adds ? "GFLOP/s" : "GB/s");
  else if (adds)
    std::printf(
        "{\"ceiling\":\"multiply_adds\",\"type\":\"%.*s\",\"isa\":\"%.*s\",\"threads\":%d,"
        "\"gflops\":%.1f}\n",
        subject, p.subject.data(), way, p.way.data(), p.threads, p.per_second);
  else
    std::printf(
        "{\"ceiling\":\"bandwidth\",\"level\":\"%.*s\",\"direction\":\"%.*s\",\"threads\":%d,"
        "\"bytes_per_thread\":%zu,\"gbytes_per_second\":%.1f}\n",
        subject, p.subject.data(), way, p.way.data(), p.threads, p.bytes_per_thread, p.per_second);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  constexpr const char* usage = "usage: peak [--json] [--threads N]";
  if (perf::helped(argc, argv, usage)) return 0;
  bool json = false;
  int threads = 0;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--json") {
      json = true;
    } else if (const auto number = word == "--threads" && i + 1 < argc
                                       ? perf::number_from(argv[i + 1], 1, perf::most_threads)
                                       : std::nullopt) {
      threads = *number;
      ++i;
    } else {
      std::fprintf(stderr, "%s\n", usage);
      return 2;
    }
  }
  if (!perf::check_environment()) return 2;
  try {
    runtime::configure({.threads = threads});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  std::fprintf(stderr, "%s\n", runtime::describe().c_str());
  runtime::measure_peaks([&](const Peak& p) { print(p, json); });
  return 0;
}
