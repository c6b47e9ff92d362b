#include <doctest/doctest.h>

#include <atomic>
#include <cstring>
#include <memory>
#include <thread>
#include <vector>

#include "engine/graph/program.h"
#include "engine/ops/ops.h"
#include "engine/runtime/stream_team.h"
#include "engine/runtime/workers.h"
#include "tests/support/tensors.h"

namespace burin {
namespace {

using test::numbers;
Graph two_layers() {
  Tape tape(Mode::shapes);
  Value x = tape.input(Shape{1, 8, 20, 20});
  for (const std::uint64_t seed : {1, 3}) {
    const Value w = tape.parameter(numbers({8, 8, 3, 3}, seed), true, "w");
    x = relu(conv(x, w, {}, {.kernel = {1, 3, 3}, .pad_begin = {0, 1, 1}, .pad_end = {0, 1, 1}}));
  }
  return trace(tape, {&x, 1});
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
  const Graph graph = optimize(two_layers());
  const Tensor x = numbers({1, 8, 20, 20}, 42);
  Program alone(graph, {.optimize = false});
  const std::vector<float> want = alone.run({&x, 1})[0].to_vector();
  for (const int streams : {1, 2, 4}) {
    std::vector<std::vector<float>> got(static_cast<std::size_t>(streams));
    std::vector<std::shared_ptr<Storage>> packed(static_cast<std::size_t>(streams));
    std::vector<std::thread> threads;
    for (int stream = 0; stream < streams; ++stream)
      threads.emplace_back([&, stream, streams] {
        const runtime::StreamTeam team(stream, streams);
        Program program(graph, {.optimize = false});
        for (int round = 0; round < 20; ++round) (void)program.run({&x, 1});
        const auto i = static_cast<std::size_t>(stream);
        got[i] = program.run({&x, 1})[0].to_vector();
        packed[i] = program.steps()[0].step.packed;
      });
    for (std::thread& thread : threads) thread.join();
    for (const std::vector<float>& one : got)
      CHECK(std::memcmp(one.data(), want.data(), want.size() * sizeof(float)) == 0);
    for (const auto& one : packed) CHECK(one == packed[0]);
  }
}

}  // namespace burin
