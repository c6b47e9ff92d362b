#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "engine/graph/program.h"
#include "engine/runtime/stream_team.h"
#include "engine/runtime/workers.h"
#include "tests/support/networks.h"

namespace burin {
namespace {

using test::layer;
using test::numbers;
using test::same_bits;

// Wider inside than at its ends.
Graph three_layers(const Shape& input) {
  return optimize(test::traced(input, [](Tape& t, const Value& x) {
    return layer(t, layer(t, layer(t, x, {.out = 16}, 1), {.out = 16}, 3), {.out = 4}, 5);
  }));
}

// Of a stream: the result of its last run, and what its program holds.
struct StreamRun {
  std::vector<float> result;
  std::shared_ptr<Storage> packed;
  std::size_t regions = 0;
};

// The same program in each of so many streams at once.
std::vector<StreamRun> run_streams(const Graph& graph, const Tensor& x, int streams,
                                   CompileOptions options) {
  options.optimize = false;
  std::vector<StreamRun> runs(static_cast<std::size_t>(streams));
  std::vector<std::thread> threads;
  for (int stream = 0; stream < streams; ++stream)
    threads.emplace_back([&, stream] {
      const runtime::StreamTeam team(stream, streams);
      Program program(graph, options);
      for (int round = 0; round < 20; ++round) (void)program.run({&x, 1});
      runs[static_cast<std::size_t>(stream)] = {program.run({&x, 1})[0].to_vector(),
                                                program.steps()[0].step.packed,
                                                program.regions().size()};
    });
  for (std::thread& thread : threads) thread.join();
  return runs;
}

struct Settled {
  ~Settled() { runtime::configure({}); }
};

}  // namespace

TEST_CASE("streams share the threads of the process") {
  const Settled settled;
  runtime::configure({.threads = 4, .bind = runtime::Bind::none});
  for (const auto& [streams, each] : {std::pair{1, 4}, {2, 2}, {3, 1}, {4, 1}, {7, 1}}) {
    std::vector<std::thread> threads;
    std::atomic<int> right{0};
    for (int stream = 0; stream < streams; ++stream)
      threads.emplace_back([&, stream, count = streams, wanted = each] {
        const runtime::StreamTeam team(stream, count);
        std::atomic<int> tasks{0}, strangers{0};
        runtime::parallel_for(1000, 1, [&](std::int64_t first, std::int64_t last, int worker) {
          tasks += static_cast<int>(last - first);
          if (worker < 0 || worker >= wanted) ++strangers;
        });
        if (runtime::threads() == wanted && tasks == 1000 && strangers == 0) ++right;
      });
    for (std::thread& thread : threads) thread.join();
    CHECK(right == streams);
  }
  CHECK(runtime::threads() == 4);
}

TEST_CASE("a stream's team ends with it") {
  const Settled settled;
  runtime::configure({.threads = 2, .bind = runtime::Bind::none});
  {
    const runtime::StreamTeam team(0, 2);
    CHECK(runtime::threads() == 1);
  }
  CHECK(runtime::threads() == 2);
}

TEST_CASE("programs give the same bits in any number of streams, and share packed weights") {
  const Settled settled;
  runtime::configure({.threads = 4, .bind = runtime::Bind::none});
  const Shape input{1, 8, 20, 20};
  const Graph graph = three_layers(input);
  const Tensor x = numbers(input, 42);
  Program alone(graph, {.optimize = false});
  const std::vector<float> want = alone.run({&x, 1})[0].to_vector();
  for (const int streams : {1, 2, 4}) {
    const auto runs = run_streams(graph, x, streams, {});
    for (const StreamRun& run : runs) {
      CHECK(same_bits(run.result, want));
      CHECK(run.packed == runs[0].packed);
    }
  }
}

TEST_CASE("programs in bands give the bits of a plain one in any number of streams") {
  const Settled settled;
  runtime::configure({.threads = 4, .bind = runtime::Bind::none});
  const Shape input{1, 8, 72, 40};
  const Graph graph = three_layers(input);
  const Tensor x = numbers(input, 42);
  Program plain(graph, {.optimize = false, .band_rows = 0});
  REQUIRE(plain.regions().empty());
  const std::vector<float> want = plain.run({&x, 1})[0].to_vector();
  const std::size_t needed = plain.activation_bytes() + plain.packed_bytes() + plain.shared_bytes();
  for (const int streams : {1, 2, 4})
    for (const CompileOptions& options :
         {CompileOptions{.band_rows = 8}, CompileOptions{.max_memory = needed - 1}})
      for (const StreamRun& run : run_streams(graph, x, streams, options)) {
        CHECK(run.regions == 1);
        CHECK(same_bits(run.result, want));
      }
}

}  // namespace burin
