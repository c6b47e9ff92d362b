// What this CPU can do at most: multiply-adds by type and level, bytes per second by cache level;
// for one thread and for all. Guests share their cores, so the best of several rounds is the
// ceiling.
//
//   peak [--json] [--threads N]      one JSON object per line with --json, else a table
#include <omp.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/runtime/topology.h"
#include "engine/runtime/workers.h"
#include "kernels/cpu.h"
#include "perf/numbers.h"
#include "perf/peak_loops.h"

namespace {

using namespace burin;
using kernels::Isa;

constexpr int rounds = 7;
constexpr double round_seconds = 0.03;

// Work per second of `threads` threads that start together; work(thread) is one short piece.
double rate(int threads, const std::function<double(int)>& work) {
  double best = 0;
  for (int round = 0; round < rounds; ++round) {
    double sum = 0;
#pragma omp parallel num_threads(threads) reduction(+ : sum)
    {
      const int thread = omp_get_thread_num();
      work(thread);  // caches, clock, pages
#pragma omp barrier
      double done = 0, spent = 0;
      while (spent < round_seconds) spent += perf::seconds([&] { done += work(thread); });
      sum += done / spent;
    }
    best = std::max(best, sum);
  }
  return best;
}

class Report {
 public:
  Report(bool json, int all) : json_(json), all_(all) {}

  void multiply_adds(const char* type, Isa isa, double (*loop)(long)) const {
    for (const int threads : counts()) {
      const double per_second = rate(threads, [&](int) { return loop(20000); }) * 1e-9;
      const std::string_view name = kernels::isa_name(isa);
      const int length = static_cast<int>(name.size());
      if (json_)
        std::printf(
            "{\"ceiling\":\"multiply_adds\",\"type\":\"%s\",\"isa\":\"%.*s\",\"threads\":%d,"
            "\"gflops\":%.1f}\n",
            type, length, name.data(), threads, per_second);
      else
        std::printf("%-5s %-7.*s %2d threads  %9.1f GFLOP/s\n", type, length, name.data(), threads,
                    per_second);
      std::fflush(stdout);
    }
  }

  // Each thread moves its own `bytes`.
  void bandwidth(const char* level, const char* direction, std::size_t bytes,
                 double (*move)(std::byte*, std::size_t)) const {
    for (const int threads : counts()) {
      // One thread alone gets what all together get: DRAM is one, whoever reads it.
      const std::size_t own = bytes / static_cast<std::size_t>(threads) / 512 * 512;
      const std::size_t size = std::strcmp(level, "DRAM") == 0 || std::strcmp(level, "L3") == 0
                                   ? own
                                   : bytes / 512 * 512;
      std::vector<std::unique_ptr<std::byte, decltype(&std::free)>> memory;
      for (int i = 0; i < threads; ++i) {
        memory.emplace_back(
            static_cast<std::byte*>(std::aligned_alloc(4096, (size + 4095) / 4096 * 4096)),
            &std::free);
        if (memory.back() == nullptr) return;
        std::memset(memory.back().get(), 1, size);
      }
      const std::size_t piece = std::min<std::size_t>(size, std::size_t{1} << 26);
      std::vector<std::size_t> at(static_cast<std::size_t>(threads), 0);
      const double per_second =
          rate(threads,
               [&](int thread) {
                 const auto t = static_cast<std::size_t>(thread);
                 double moved = 0;
                 if (at[t] + piece > size) at[t] = 0;
                 const int times =
                     static_cast<int>(std::max<std::size_t>(1, (std::size_t{1} << 20) / piece));
                 for (int i = 0; i < times; ++i) moved += move(memory[t].get() + at[t], piece);
                 at[t] += piece;
                 return moved;
               }) *
          1e-9;
      if (json_)
        std::printf(
            "{\"ceiling\":\"bandwidth\",\"level\":\"%s\",\"direction\":\"%s\",\"threads\":%d,"
            "\"bytes_per_thread\":%zu,\"gbytes_per_second\":%.1f}\n",
            level, direction, threads, size, per_second);
      else
        std::printf("%-5s %-7s %2d threads  %9.1f GB/s\n", level, direction, threads, per_second);
      std::fflush(stdout);
    }
  }

 private:
  [[nodiscard]] std::vector<int> counts() const {
    return all_ > 1 ? std::vector<int>{1, all_} : std::vector<int>{1};
  }
  bool json_;
  int all_;
};

void multiply_adds(const Report& report) {
  if (kernels::usable(Isa::avx2)) report.multiply_adds("f32", Isa::avx2, perf::fma_avx2);
  if (kernels::usable(Isa::avx512)) report.multiply_adds("f32", Isa::avx512, perf::fma_avx512);
  if (kernels::usable(Isa::vnni)) report.multiply_adds("u8s8", Isa::vnni, perf::vnni_loop);
  if (kernels::usable(Isa::bf16)) report.multiply_adds("bf16", Isa::bf16, perf::bf16_loop);
  if (kernels::usable(Isa::amx) && perf::request_tiles()) {
    report.multiply_adds("bf16", Isa::amx, perf::amx_bf16_loop);
    report.multiply_adds("u8s8", Isa::amx, perf::amx_int8_loop);
  }
}

template <bool wide>
double read(std::byte* data, std::size_t bytes) {
  return perf::read_loop(data, bytes, wide);
}
template <bool wide>
double write(std::byte* data, std::size_t bytes) {
  return perf::write_loop(data, bytes, wide);
}

void bandwidths(const Report& report, const runtime::Topology& topology) {
  if (!kernels::usable(Isa::avx2)) return;
  const bool wide = kernels::usable(Isa::avx512);
  const auto reader = wide ? read<true> : read<false>;
  const auto writer = wide ? write<true> : write<false>;
  const auto known = [](std::int64_t bytes, std::int64_t guess) {
    return static_cast<std::size_t>(bytes > 0 ? bytes : guess);
  };
  const std::size_t l1 = known(topology.l1d_bytes, 32 << 10),
                    l2 = known(topology.l2_bytes, 1 << 20);
  const std::size_t l3 = known(topology.l3_bytes, 16 << 20);
  report.bandwidth("L1", "read", l1 / 2, reader);
  report.bandwidth("L1", "write", l1 / 2, writer);
  report.bandwidth("L2", "read", l2 / 2, reader);
  report.bandwidth("L2", "write", l2 / 2, writer);
  // A guest owns a part of the L3 that it sees: eight L2 caches' worth, shared by all threads.
  const std::size_t in_l3 = std::min(l3 / 2, 8 * l2);
  if (in_l3 > l2) {
    report.bandwidth("L3", "read", in_l3, reader);
    report.bandwidth("L3", "write", in_l3, writer);
  }
  const std::size_t in_dram =
      std::clamp<std::size_t>(4 * l3, std::size_t{1} << 28, std::size_t{1} << 30);
  report.bandwidth("DRAM", "read", in_dram, reader);
  report.bandwidth("DRAM", "write", in_dram, writer);
  report.bandwidth("DRAM", "stream", in_dram, perf::stream_loop);
}

}  // namespace

int main(int argc, char** argv) {
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
      std::fprintf(stderr, "usage: peak [--json] [--threads N]\n");
      return 2;
    }
  }
  try {
    runtime::configure({.threads = threads});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  std::fprintf(stderr, "%s\n", runtime::describe().c_str());
  const Report report(json, runtime::threads());
  multiply_adds(report);
  bandwidths(report, runtime::discover_topology());
  return 0;
}
