#include <doctest/doctest.h>
#include <sched.h>
#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <numeric>
#include <set>
#include <thread>
#include <vector>

#include "engine/error.h"
#include "engine/runtime/workers.h"

namespace burin::runtime {
namespace {

// How often each task of [0, tasks) was run.
std::vector<int> run_counts(std::int64_t tasks, std::int64_t grain) {
  std::vector<std::atomic<int>> counts(static_cast<std::size_t>(std::max<std::int64_t>(tasks, 0)));
  parallel_for(tasks, grain, [&](std::int64_t first, std::int64_t last, int) {
    for (std::int64_t i = first; i < last; ++i) ++counts[static_cast<std::size_t>(i)];
  });
  return {counts.begin(), counts.end()};
}

bool all_ones(const std::vector<int>& counts) {
  for (const int count : counts)
    if (count != 1) return false;
  return true;
}

// A product whose result is denormal: 0 when denormals are flushed.
float tiny_product() {
  volatile float small = 1e-30f, smaller = 1e-10f;
  return small * smaller;
}

}  // namespace

TEST_CASE("every task runs once, at any grain and number of threads") {
  for (const int count : {1, 2, 3, 8, 2}) {
    configure({.threads = count});
    CHECK(threads() == count);
    for (const std::int64_t tasks : {0, 1, 2, 7, 1000})
      for (const std::int64_t grain : {0, 1, 3, 1000, 5000})
        CHECK(all_ones(run_counts(tasks, grain)));
  }
  CHECK(run_counts(-3, 1).empty());
}

TEST_CASE("pieces have the size of the grain, the last may be shorter") {
  configure({.threads = 2});
  std::atomic<int> full{0}, rest{0};
  parallel_for(103, 10, [&](std::int64_t first, std::int64_t last, int) {
    CHECK(first % 10 == 0);
    ++(last - first == 10 ? full : rest);
  });
  CHECK(full == 10);
  CHECK(rest == 1);
}

TEST_CASE("who is done takes over what others have not begun") {
  configure({.threads = 2});
  std::atomic<int> others{0};
  bool all = false;
  parallel_for(8, 1, [&](std::int64_t first, std::int64_t, int) {
    if (first != 0) {
      ++others;
      return;
    }
    const auto late = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (others < 7 && std::chrono::steady_clock::now() < late) std::this_thread::yield();
    all = others == 7;
  });
  CHECK(all);
}

TEST_CASE("one thread is bound too") {
  configure({.threads = 1, .bind = Bind::cores});
  std::thread([] {  // the binding ends with the thread
    int allowed = 0;
    parallel_for(4, 1, [&](std::int64_t, std::int64_t, int) {
      cpu_set_t mask;
      CPU_ZERO(&mask);
      if (sched_getaffinity(0, sizeof mask, &mask) == 0) allowed = CPU_COUNT(&mask);
    });
    CHECK(allowed == 1);
  })
      .join();
}

TEST_CASE("worker numbers are below the number of threads") {
  for (const int count : {1, 3, 8}) {
    configure({.threads = count, .bind = Bind::none});
    std::atomic<int> highest{0};
    parallel_for(500, 1, [&](std::int64_t, std::int64_t, int worker) {
      int seen = highest;
      while (worker > seen && !highest.compare_exchange_weak(seen, worker)) {
      }
    });
    CHECK(highest < count);
  }
}

TEST_CASE("a nested loop runs inline under the worker's number") {
  configure({.threads = 3});
  std::atomic<int> done{0}, wrong{0};
  parallel_for(20, 1, [&](std::int64_t, std::int64_t, int outer) {
    parallel_for(10, 1, [&](std::int64_t, std::int64_t, int inner) {
      ++done;
      wrong += inner != outer;
    });
  });
  CHECK(done == 200);
  CHECK(wrong == 0);
}

TEST_CASE("denormals are flushed in tasks and the caller keeps its own mode") {
  CHECK(tiny_product() != 0.0f);
  for (const int count : {1, 2, 3}) {
    configure({.threads = count});
    std::atomic<int> kept{0};
    parallel_for(64, 1, [&](std::int64_t, std::int64_t, int) { kept += tiny_product() != 0.0f; });
    CHECK(kept == 0);
    CHECK(tiny_product() != 0.0f);
  }
}

TEST_CASE("scratch is aligned, kept, and one per worker") {
  configure({.threads = 3});
  void* const first = workspace(0, 1000);
  CHECK(reinterpret_cast<std::uintptr_t>(first) % 64 == 0);
  CHECK(workspace(0, 500) == first);
  CHECK(workspace(1, 1000) != first);
  CHECK(workspace(2, 0) != nullptr);
  std::atomic<int> clashes{0};
  parallel_for(300, 1, [&](std::int64_t first_task, std::int64_t, int worker) {
    auto* numbers = static_cast<std::int64_t*>(workspace(worker, 4096 * 3));
    for (int i = 0; i < 1536; ++i) numbers[i] = first_task;
    for (int i = 0; i < 1536; ++i) clashes += numbers[i] != first_task;
  });
  CHECK(clashes == 0);
}

TEST_CASE("touched pages are in memory, and those around keep their bytes") {
  constexpr std::size_t page = 4096, pages = 1500;
  void* const mapped =
      mmap(nullptr, (pages + 2) * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  REQUIRE(mapped != MAP_FAILED);
  auto* const bytes = static_cast<unsigned char*>(mapped);
  const std::size_t first = page + 100, last = (pages + 1) * page - 100;
  bytes[first - 1] = bytes[last] = 7;
  touch_pages(bytes + first, last - first);
  CHECK(bytes[first - 1] == 7);
  CHECK(bytes[last] == 7);
  std::vector<unsigned char> resident(pages);
  REQUIRE(mincore(bytes + page, pages * page, resident.data()) == 0);
  CHECK(std::all_of(resident.begin(), resident.end(), [](unsigned char r) { return r & 1; }));
  munmap(mapped, (pages + 2) * page);
}

TEST_CASE("loops from several threads at once all finish") {
  configure({.threads = 2});
  std::atomic<int> done{0};
  std::vector<std::thread> callers;
  for (int i = 0; i < 4; ++i)
    callers.emplace_back([&] {
      for (int round = 0; round < 50; ++round)
        parallel_for(16, 1, [&](std::int64_t, std::int64_t, int worker) {
          static_cast<char*>(workspace(worker, 64))[0] = 1;
          ++done;
        });
    });
  for (auto& caller : callers) caller.join();
  CHECK(done == 4 * 50 * 16);
}

TEST_CASE("a background thread works alone and may run on every processor") {
  configure({.threads = 2, .bind = Bind::cores});
  CHECK(all_ones(run_counts(64, 1)));  // binds the caller
  std::size_t allowed = 0;
  std::set<std::thread::id> runners;
  std::thread([&] {
    const BackgroundThread background;
    cpu_set_t mask;
    CPU_ZERO(&mask);
    sched_getaffinity(0, sizeof(mask), &mask);
    allowed = static_cast<std::size_t>(CPU_COUNT(&mask));
    parallel_for(64, 1, [&](std::int64_t, std::int64_t, int) {
      runners.insert(std::this_thread::get_id());  // one thread: no lock
    });
  }).join();
  CHECK(runners.size() == 1);
  CHECK(allowed == discover_topology().processors.size());
}

TEST_CASE("binding later does not shrink the machine") {
  const std::size_t before = discover_topology().processors.size();
  configure({.threads = 1, .bind = Bind::compact});
  configure({.threads = 2, .bind = Bind::cores});
  CHECK(all_ones(run_counts(64, 1)));
  CHECK(discover_topology().processors.size() == before);
}

TEST_CASE("settings out of range, and the line that describes the team") {
  CHECK_THROWS_AS(configure({.threads = -1}), Error);
  CHECK_THROWS_AS(configure({.threads = 1025}), Error);
  configure({.threads = 3, .bind = Bind::none});
  CHECK(describe().find("3 threads, not bound") == 0);
  configure({.threads = 1, .bind = Bind::cores});
  CHECK(describe().find("1 thread, bound (cores) to processors ") == 0);
  CHECK(describe().find('\n') == std::string::npos);
  configure({});
  CHECK(threads() == default_threads(discover_topology()));
}

}  // namespace burin::runtime
