// Loader threads: order, errors, and the processors they may run on.
#include <doctest/doctest.h>
#include <sched.h>

#include <atomic>
#include <stdexcept>

#include "engine/runtime/topology.h"
#include "engine/runtime/workers.h"
#include "train/loader.h"

using namespace burin;
using train::Loader;

namespace {

int allowed_processors() {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  return sched_getaffinity(0, sizeof mask, &mask) == 0 ? CPU_COUNT(&mask) : -1;
}

}  // namespace

TEST_CASE(
    "loader: order does not depend on threads; failures arrive; destruction does not wait for "
    "items") {
  for (const int threads : {1, 2, 5}) {
    Loader<int> loader([](std::int64_t k) { return static_cast<int>(k * k); }, 3, 60, threads);
    for (int k = 3; k < 60; ++k) CHECK(loader.next() == k * k);
  }
  Loader<int> failing(
      [](std::int64_t k) {
        if (k == 2) throw std::runtime_error("item 2");
        return static_cast<int>(k);
      },
      0, 10, 2);
  CHECK(failing.next() == 0);
  CHECK(failing.next() == 1);
  CHECK_THROWS_WITH((void)failing.next(), "item 2");
  std::atomic<int> made = 0;
  {
    const Loader<int> unused([&](std::int64_t) { return ++made; }, 0, 1000000, 2, 3);
  }
  CHECK(made <= 3);
}

TEST_CASE("loader threads run on every processor though their creator is bound to one") {
  const auto all = static_cast<int>(runtime::discover_topology().processors.size());
  runtime::configure({.threads = 2, .bind = runtime::Bind::cores});
  runtime::parallel_for(2, 1, [](std::int64_t, std::int64_t, int) {});
  CHECK(allowed_processors() == 1);
  {
    Loader<int> loader([](std::int64_t) { return allowed_processors(); }, 0, 4, 2);
    for (int i = 0; i < 4; ++i) CHECK(loader.next() == all);
  }
  runtime::configure({.threads = 2, .bind = runtime::Bind::none});
  runtime::parallel_for(2, 1, [](std::int64_t, std::int64_t, int) {});
  CHECK(allowed_processors() == all);
}
