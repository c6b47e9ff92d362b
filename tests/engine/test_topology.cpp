#include <doctest/doctest.h>

#include <map>

#include "engine/error.h"
#include "engine/runtime/cgroup.h"
#include "engine/runtime/topology.h"

namespace burin::runtime {
namespace {

// A file system of a few files.
ReadFile files(std::map<std::string, std::string> contents) {
  return [contents = std::move(contents)](const std::string& path) -> std::optional<std::string> {
    const auto found = contents.find(path);
    if (found == contents.end()) return std::nullopt;
    return found->second;
  };
}

}  // namespace

TEST_CASE("the running machine has a processor and says nothing impossible") {
  const Topology t = discover_topology();
  CHECK(!t.processors.empty());
  CHECK(default_threads(t) >= 1);
  CHECK(default_threads(t) <= static_cast<int>(t.processors.size()));
  CHECK(t.l1d_bytes >= 0);
  CHECK(t.cpu_quota >= 0);
}

TEST_CASE("synthetic machines") {
  const Topology t = synthetic_topology("pack:2 l3:1 core:4 pu:2");
  CHECK(t.processors.size() == 16);
  CHECK(default_threads(t) == 8);
  int clusters = 0;
  for (const Processor& p : t.processors) clusters = std::max(clusters, p.cluster + 1);
  CHECK(clusters == 2);
  CHECK_THROWS_AS((void)synthetic_topology("cores galore"), Error);
}

TEST_CASE("threads by quota") {
  Topology t = synthetic_topology("core:8 pu:2");
  t.cpu_quota = 2.5;
  CHECK(default_threads(t) == 2);
  t.cpu_quota = 0.2;
  CHECK(default_threads(t) == 1);
  t.cpu_quota = 100;
  CHECK(default_threads(t) == 8);
  CHECK(default_threads(Topology{}) == 1);
}

TEST_CASE("quota texts, none of them trusted") {
  CHECK(quota_from_cpu_max("150000 100000\n") == doctest::Approx(1.5));
  CHECK(quota_from_cpu_max("max 100000\n") == 0);
  CHECK(quota_from_cpu_max("100000 0") == 0);
  CHECK(quota_from_cpu_max("-5 100") == 0);
  CHECK(quota_from_cpu_max("nan 100") == 0);
  CHECK(quota_from_cpu_max("") == 0);
  CHECK(quota_from_cpu_max("100000") == 0);
  CHECK(quota_from_cfs("200000\n", "100000\n") == doctest::Approx(2));
  CHECK(quota_from_cfs("-1", "100000") == 0);
  CHECK(quota_from_cfs("100000", "0") == 0);
  CHECK(quota_from_cfs("junk", "junk") == 0);
}

TEST_CASE("the lowest limit between the group and the root counts") {
  CHECK(cgroup_quota(files({})) == 0);
  CHECK(cgroup_quota(files({{"/proc/self/cgroup", "0::/a/b\n"},
                            {"/sys/fs/cgroup/a/b/cpu.max", "max 100000"},
                            {"/sys/fs/cgroup/a/cpu.max", "300000 100000"},
                            {"/sys/fs/cgroup/cpu.max", "400000 100000"}})) == doctest::Approx(3));
  CHECK(cgroup_quota(files({{"/proc/self/cgroup", "0::/\n"},
                            {"/sys/fs/cgroup/cpu.max", "50000 100000"}})) == doctest::Approx(0.5));
  CHECK(cgroup_quota(files({{"/proc/self/cgroup", "5:cpu,cpuacct:/job\n1:name=systemd:/x\n"},
                            {"/sys/fs/cgroup/cpu/job/cpu.cfs_quota_us", "250000"},
                            {"/sys/fs/cgroup/cpu/job/cpu.cfs_period_us", "100000"}})) ==
        doctest::Approx(2.5));
  CHECK(cgroup_quota(files({{"/proc/self/cgroup", "no colons here\n\n:::\n"}})) == 0);
}

}  // namespace burin::runtime
