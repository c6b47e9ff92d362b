#include <doctest/doctest.h>

#include <set>

#include "engine/error.h"
#include "engine/runtime/affinity.h"

namespace burin::runtime {
namespace {

// Two packages, one last-level cache each, two cores a cache, two hyper-threads a core: 8
// processors.
Topology two_packages() { return synthetic_topology("pack:2 l3:1 core:2 pu:2"); }

int core_of(const Topology& t, int id) {
  for (const Processor& p : t.processors)
    if (p.id == id) return p.core;
  return -1;
}
int cluster_of(const Topology& t, int id) {
  for (const Processor& p : t.processors)
    if (p.id == id) return p.cluster;
  return -1;
}

}  // namespace

TEST_CASE("words of the policies") {
  for (const Bind bind : {Bind::none, Bind::compact, Bind::spread, Bind::cores})
    CHECK(bind_from(bind_name(bind)) == bind);
  CHECK_THROWS_AS((void)bind_from("tight"), Error);
  CHECK_THROWS_AS((void)bind_from(""), Error);
}

TEST_CASE("none binds nothing, and no threads need no processor") {
  CHECK(processors(Bind::none, two_packages(), 4).empty());
  CHECK(processors(Bind::compact, two_packages(), 0).empty());
  CHECK(processors(Bind::cores, Topology{}, 4).empty());
}

TEST_CASE("compact fills a cluster before the next") {
  const Topology t = two_packages();
  const std::vector<int> list = processors(Bind::compact, t, 8);
  REQUIRE(list.size() == 8);
  CHECK(std::set<int>(list.begin(), list.end()).size() == 8);
  for (std::size_t i = 0; i < 8; ++i) CHECK(cluster_of(t, list[i]) == (i < 4 ? 0 : 1));
  CHECK(core_of(t, list[0]) == core_of(t, list[1]));
}

TEST_CASE("spread takes clusters in turn, first hyper-threads first") {
  const Topology t = two_packages();
  const std::vector<int> list = processors(Bind::spread, t, 8);
  REQUIRE(list.size() == 8);
  for (std::size_t i = 0; i < 8; ++i) CHECK(cluster_of(t, list[i]) == static_cast<int>(i % 2));
  std::set<int> cores;
  for (std::size_t i = 0; i < 4; ++i) cores.insert(core_of(t, list[i]));
  CHECK(cores.size() == 4);
}

TEST_CASE("cores takes one thread of every core before any second one") {
  const Topology t = two_packages();
  const std::vector<int> list = processors(Bind::cores, t, 6);
  REQUIRE(list.size() == 6);
  std::set<int> cores;
  for (std::size_t i = 0; i < 4; ++i) cores.insert(core_of(t, list[i]));
  CHECK(cores.size() == 4);
  CHECK(cluster_of(t, list[0]) == cluster_of(t, list[1]));
  CHECK(std::set<int>(list.begin(), list.end()).size() == 6);
}

TEST_CASE("more threads than processors repeat the list") {
  const Topology t = synthetic_topology("core:2 pu:1");
  CHECK(processors(Bind::cores, t, 5) == std::vector<int>{0, 1, 0, 1, 0});
  CHECK(processors(Bind::spread, t, 3).size() == 3);
}

TEST_CASE("uneven clusters lose no processor") {
  Topology t;
  t.processors = {{.id = 4, .core = 0, .cluster = 0},
                  {.id = 9, .core = 1, .cluster = 1},
                  {.id = 2, .core = 2, .cluster = 1},
                  {.id = 7, .core = 3, .cluster = 1}};
  for (const Bind bind : {Bind::compact, Bind::spread, Bind::cores}) {
    const std::vector<int> list = processors(bind, t, 4);
    CHECK(std::set<int>(list.begin(), list.end()) == std::set<int>{2, 4, 7, 9});
  }
  CHECK(processors(Bind::spread, t, 2)[1] != 4);
}

}  // namespace burin::runtime
