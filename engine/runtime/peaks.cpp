#include "engine/runtime/peaks.h"

#include <omp.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "engine/runtime/topology.h"
#include "engine/runtime/workers.h"
#include "kernels/peak_loops.h"

namespace burin::runtime {
namespace {

using kernels::Isa;
using Clock = std::chrono::steady_clock;

constexpr int rounds = 7;
constexpr double round_seconds = 0.03;
constexpr std::size_t block = 512;  // bytes that the memory loops move at a time

// Work per second of `threads` threads that start together; work(thread) is one short piece.
double rate(int threads, const std::function<double(int)>& work) {
  double best = 0;
  for (int round = 0; round < rounds; ++round) {
    double sum = 0;
#pragma omp parallel num_threads(threads) reduction(+ : sum)
    {
      const int thread = omp_get_thread_num();
      bind_as_worker(thread);
      work(thread);  // caches, clock, pages
#pragma omp barrier
      const auto start = Clock::now();
      double done = 0, spent = 0;
      while (spent < round_seconds) {
        done += work(thread);
        spent = std::chrono::duration<double>(Clock::now() - start).count();
      }
      sum += done / spent;
    }
    best = std::max(best, sum);
  }
  return best;
}

using Move = double (*)(std::byte*, std::size_t);

// Each thread moves its own `size` bytes, a piece of at most 64 MiB a time. 0 without the memory.
double bandwidth(int threads, std::size_t size, Move move) {
  std::vector<std::unique_ptr<std::byte, decltype(&std::free)>> memory;
  for (int i = 0; i < threads; ++i) {
    memory.emplace_back(
        static_cast<std::byte*>(std::aligned_alloc(4096, (size + 4095) / 4096 * 4096)), &std::free);
    if (memory.back() == nullptr) return 0;
    std::memset(memory.back().get(), 1, size);
  }
  const std::size_t piece = std::min<std::size_t>(size, std::size_t{1} << 26);
  const std::size_t times = std::max<std::size_t>(1, (std::size_t{1} << 20) / piece);
  std::vector<std::size_t> at(static_cast<std::size_t>(threads), 0);
  return rate(threads, [&](int thread) {
    const auto t = static_cast<std::size_t>(thread);
    if (at[t] + piece > size) at[t] = 0;
    double moved = 0;
    for (std::size_t i = 0; i < times; ++i) moved += move(memory[t].get() + at[t], piece);
    at[t] += piece;
    return moved;
  });
}

// 1e9 per second.
double operations(int threads, double (*loop)(long)) {
  return rate(threads, [&](int) { return loop(20000); }) * 1e-9;
}

class Measurement {
 public:
  explicit Measurement(const std::function<void(const Peak&)>& say) : say_(say) {
    if (threads() > 1) counts_.push_back(threads());
  }

  void multiply_adds(std::string_view type, Isa isa, double (*loop)(long)) const {
    if (!kernels::usable(isa)) return;
    for (const int threads : counts_)
      say_({Peak::Kind::multiply_adds, type, kernels::isa_name(isa), threads,
            operations(threads, loop), 0});
  }

  // DRAM and L3 are one, whoever reads them: the threads share their bytes.
  void memory(std::string_view level, std::size_t bytes, Move read, Move write,
              Move stream = nullptr) const {
    const bool shared = level == "DRAM" || level == "L3";
    const std::pair<std::string_view, Move> ways[] = {
        {"read", read}, {"write", write}, {"stream", stream}};
    for (const auto& [way, move] : ways) {
      if (move == nullptr) continue;
      for (const int threads : counts_) {
        const auto parts = static_cast<std::size_t>(shared ? threads : 1);
        const std::size_t own = bytes / parts / block * block;
        const double per_second = bandwidth(threads, own, move) * 1e-9;
        if (per_second > 0) say_({Peak::Kind::bandwidth, level, way, threads, per_second, own});
      }
    }
  }

 private:
  std::vector<int> counts_ = {1};
  const std::function<void(const Peak&)>& say_;
};

template <bool wide>
double read(std::byte* data, std::size_t bytes) {
  return kernels::read_loop(data, bytes, wide);
}
template <bool wide>
double write(std::byte* data, std::size_t bytes) {
  return kernels::write_loop(data, bytes, wide);
}

struct Loop {
  std::string_view type;
  Isa isa;
  double (*run)(long);
};
constexpr Loop loops[] = {
    {"f32", Isa::avx2, kernels::fma_avx2},      {"f32", Isa::avx512, kernels::fma_avx512},
    {"u8s8", Isa::vnni, kernels::vnni_loop},    {"bf16", Isa::bf16, kernels::bf16_loop},
    {"bf16", Isa::amx, kernels::amx_bf16_loop}, {"u8s8", Isa::amx, kernels::amx_int8_loop}};

void bandwidths(const Measurement& measure, const Topology& topology) {
  if (!kernels::usable(Isa::avx2)) return;
  const bool wide = kernels::usable(Isa::avx512);
  const auto reader = wide ? read<true> : read<false>;
  const auto writer = wide ? write<true> : write<false>;
  const auto known = [](std::int64_t bytes, std::int64_t guess) {
    return static_cast<std::size_t>(bytes > 0 ? bytes : guess);
  };
  const std::size_t l1 = known(topology.l1d_bytes, 32 << 10),
                    l2 = known(topology.l2_bytes, 1 << 20), l3 = known(topology.l3_bytes, 16 << 20);
  measure.memory("L1", l1 / 2, reader, writer);
  measure.memory("L2", l2 / 2, reader, writer);
  // A guest owns a part of the L3 that it sees: eight L2 caches' worth, shared by all threads.
  const std::size_t in_l3 = std::min(l3 / 2, 8 * l2);
  if (in_l3 > l2) measure.memory("L3", in_l3, reader, writer);
  const std::size_t in_dram =
      std::clamp<std::size_t>(4 * l3, std::size_t{1} << 28, std::size_t{1} << 30);
  measure.memory("DRAM", in_dram, reader, writer, kernels::stream_loop);
}

}  // namespace

void measure_peaks(const std::function<void(const Peak&)>& say) {
  const Measurement measure(say);
  for (const Loop& loop : loops) measure.multiply_adds(loop.type, loop.isa, loop.run);
  bandwidths(measure, discover_topology());
}

double measure_multiply_adds(std::string_view type) {
  double best = 0;
  for (const Loop& loop : loops)
    if (loop.type == type && kernels::usable(loop.isa))
      best = std::max(best, operations(threads(), loop.run));
  return best > 0 || type == "f32" ? best : measure_multiply_adds("f32");
}

}  // namespace burin::runtime
