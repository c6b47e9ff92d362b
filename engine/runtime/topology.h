// The machine as plain structs. Every number is untrusted: 0 means unknown.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace burin::runtime {

struct Processor {
  int id = 0;       // the operating system's number
  int core = 0;     // physical core, 0, 1, ...
  int cluster = 0;  // processors that share the last-level cache
  int package = 0;
};

struct Topology {
  std::vector<Processor> processors;                       // those that this process may run on
  std::int64_t l1d_bytes = 0, l2_bytes = 0, l3_bytes = 0;  // of one instance
  double cpu_quota = 0;                                    // cgroup limit in CPUs, 0: none
  std::string cpu_name;
};

// Reads the running machine (hwloc, affinity mask, cgroup v1 and v2 quota). Never throws: what is
// not found stays unknown, and there is always at least one processor.
[[nodiscard]] Topology discover_topology();

// From hwloc's synthetic description ("pack:2 l3:1 core:4 pu:2"), for tests. Throws Error when
// hwloc refuses it.
[[nodiscard]] Topology synthetic_topology(const std::string& description);

// Threads to start when the user said nothing: physical cores allowed, capped by the quota, at
// least 1.
[[nodiscard]] int default_threads(const Topology& topology) noexcept;

}  // namespace burin::runtime
