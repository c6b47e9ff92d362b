// What workers.cpp and its neighbours share.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "engine/runtime/affinity.h"
#include "engine/runtime/topology.h"

namespace burin::runtime {

inline constexpr int most_threads = 1024;

// The tasks of one worker that nobody has begun.
struct alignas(64) Share {
  std::atomic<std::int64_t> next{0};
  std::int64_t end = 0;
};

struct Team {
  std::mutex busy;  // held while a loop runs on the team, and by configure
  std::atomic<int> threads{0};
  std::atomic<int> generation{0};  // of the binding
  Bind bind = Bind::none;
  std::vector<int> cpus;  // of thread 0, 1, ...; empty: unbound
  Topology topology;
  std::unique_ptr<Share[]> shares;  // of each thread, for the loop that runs
};

}  // namespace burin::runtime
