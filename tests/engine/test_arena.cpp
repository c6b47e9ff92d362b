#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "engine/error.h"
#include "engine/tensor/arena.h"
#include "engine/tensor/tensor.h"
#include "tests/support/random.h"

namespace burin {
namespace {

constexpr std::size_t mib = std::size_t{1} << 20;

// As the system says of the memory at `address`: "hg" for large pages, "nh" for none.
bool has_flag(const void* address, std::string_view flag) {
  std::ifstream maps("/proc/self/smaps");
  const auto at = reinterpret_cast<std::uintptr_t>(address);
  bool inside = false;
  for (std::string line; std::getline(maps, line);) {
    unsigned long first = 0, last = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx ", &first, &last) == 2)
      inside = first <= at && at < last;
    if (inside && line.starts_with("VmFlags:")) return line.find(flag) != std::string::npos;
  }
  return false;
}

}  // namespace

TEST_CASE("blocks are aligned, distinct and writable to their end") {
  Arena arena;
  std::vector<std::pair<unsigned char*, std::size_t>> blocks;
  unsigned char mark = 0;
  for (const std::size_t bytes :
       {0ul, 1ul, 63ul, 64ul, 65ul, 5000ul, 262143ul, 262144ul, 3000000ul}) {
    auto* p = static_cast<unsigned char*>(arena.take(bytes));
    CHECK(reinterpret_cast<std::uintptr_t>(p) % 64 == 0);
    std::memset(p, ++mark, bytes);
    blocks.emplace_back(p, bytes);
  }
  mark = 0;
  for (const auto& [p, bytes] : blocks) {
    ++mark;
    for (std::size_t i = 0; i < bytes; i += 61) REQUIRE(p[i] == mark);
    arena.give_back(p);
  }
  CHECK(arena.statistics().live_bytes == 0);
}

TEST_CASE("a second round of the same sizes asks the system for nothing") {
  Arena arena;
  const auto round = [&arena] {
    std::vector<void*> held;
    for (const std::size_t m : {8, 4, 2, 16, 1, 8}) held.push_back(arena.take(m * mib));
    arena.give_back(held[1]);
    held[1] = arena.take(3 * mib);
    for (void* p : held) arena.give_back(p);
  };
  round();
  const ArenaStatistics first = arena.statistics();
  for (int i = 0; i < 5; ++i) round();
  CHECK(arena.statistics().system_calls == first.system_calls);
  CHECK(arena.statistics().reserved_bytes == first.reserved_bytes);
  CHECK(first.peak_bytes == 39 * mib);
}

TEST_CASE("neighbours join: small blocks become a large one") {
  Arena arena;
  std::vector<void*> held;
  for (int i = 0; i < 8; ++i) held.push_back(arena.take(mib));
  const std::size_t reserved = arena.statistics().reserved_bytes;
  for (const int i : {1, 3, 5, 7, 0, 2, 6, 4}) arena.give_back(held[static_cast<std::size_t>(i)]);
  void* all = arena.take(8 * mib);
  CHECK(arena.statistics().reserved_bytes == reserved);
  arena.give_back(all);
}

TEST_CASE("trim gives memory back, and using it again is counted") {
  Arena arena;
  void* kept = arena.take(mib);
  void* freed = arena.take(64 * mib);
  std::memset(freed, 1, 64 * mib);
  arena.give_back(freed);
  CHECK(arena.statistics().reserved_bytes == 65 * mib);
  arena.trim();
  arena.trim();
  CHECK(arena.statistics().reserved_bytes == mib);
  auto* again = static_cast<unsigned char*>(arena.take(32 * mib));
  CHECK(again[12345] == 0);  // fresh pages
  CHECK(arena.statistics().reserved_bytes == 33 * mib);
  arena.give_back(again);
  arena.give_back(kept);
}

TEST_CASE("new memory comes in small pages where large ones are slow and soon is asked for") {
  constexpr double every = 0, none = 1e9;  // milliseconds
  for (const bool soon : {false, true})
    for (const double slow : {every, none}) {
      INFO(soon << " " << slow);
      Arena arena(slow);
      if (soon) arena.set_new_pages(NewPages::soon);
      const bool small = soon && slow == every;
      auto* const block = static_cast<std::byte*>(arena.take(64 * mib));
      auto* const next = static_cast<std::byte*>(arena.take(mib));
      if (has_flag(block, "hg")) {  // else the system knows no large pages, or does not say
        CHECK(has_flag(block + 32 * mib, "nh") == small);
        CHECK(has_flag(next, "nh") == small);
      }
      CHECK(std::all_of(block, block + 64 * mib, [](std::byte b) { return b == std::byte{0}; }));
      for (void* p : {block, next}) arena.give_back(p);
      CHECK(arena.statistics().reserved_bytes == 65 * mib);
    }
}

TEST_CASE("the limit refuses, and leaves everything as it was") {
  Arena arena;
  arena.set_limit(10 * mib);
  void* a = arena.take(6 * mib);
  CHECK_THROWS_AS((void)arena.take(5 * mib), Error);
  void* b = arena.take(4 * mib);
  arena.give_back(a);
  void* c = arena.take(6 * mib);
  CHECK(c == a);
  arena.give_back(b);
  arena.give_back(c);
  CHECK_THROWS_AS((void)arena.take(11 * mib), Error);
  arena.set_limit(0);
  arena.give_back(arena.take(11 * mib));
  CHECK_THROWS_AS((void)arena.take(~std::size_t{0}), std::bad_alloc);
}

TEST_CASE("memory that lies free counts against the limit only until it is needed elsewhere") {
  Arena arena;
  arena.set_limit(10 * mib);
  void* small = arena.take(1000);
  void* a = arena.take(5 * mib);
  void* wall = arena.take(mib);  // keeps the free block from the top
  arena.give_back(a);
  void* b = arena.take(8 * mib);  // fits only when the free 5 MiB go back to the system
  for (void* p : {small, wall, b}) arena.give_back(p);
}

TEST_CASE("random blocks from several threads never overlap") {
  Arena arena;
  std::vector<std::thread> threads;
  std::atomic<int> broken{0};
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([&, t] {
      test::Random random(static_cast<std::uint64_t>(t) + 1);
      std::vector<std::pair<int*, int>> held;
      for (int step = 0; step < 4000; ++step) {
        if (held.size() > 20 || (!held.empty() && random.integer(0, 1) == 0)) {
          const auto at = static_cast<std::size_t>(random.integer(0, int(held.size()) - 1));
          const auto [p, count] = held[at];
          broken += p[0] != count + t || p[count - 1] != count + t;
          arena.give_back(p);
          held.erase(held.begin() + static_cast<std::ptrdiff_t>(at));
        } else {
          const int count = random.integer(1, random.integer(0, 9) == 0 ? 200000 : 300);
          auto* p = static_cast<int*>(arena.take(static_cast<std::size_t>(count) * 4));
          p[0] = p[count - 1] = count + t;
          held.emplace_back(p, count);
        }
      }
      for (const auto& [p, count] : held) arena.give_back(p);
    });
  for (auto& thread : threads) thread.join();
  CHECK(broken == 0);
  CHECK(arena.statistics().live_bytes == 0);
}

TEST_CASE("storage goes through the arena of the process") {
  const std::size_t before = arena_statistics().live_bytes;
  {
    const Tensor t = Tensor::empty({1, 1, 1024, 1024});
    CHECK(arena_statistics().live_bytes == before + 4 * mib);
    const Tensor view = t.batch_slice(0, 1);
    CHECK(arena_statistics().live_bytes == before + 4 * mib);
  }
  CHECK(arena_statistics().live_bytes == before);
  arena_set_limit(1);
  CHECK_THROWS_AS((void)Storage::allocate(std::size_t{1} << 33), Error);
  arena_set_limit(0);
}

}  // namespace burin
