// Where the time of a compiled program goes, node by node.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/graph/program.h"

namespace burin::apps {

struct NodeProfile {
  int node = -1;
  std::string op, layer, output, kernel;
  double seconds = 0;      // of a run, mean
  double traced = 0;       // of the run that --trace shows
  std::int64_t macs = 0;   // of the definition (docs/measuring.md)
  std::int64_t bytes = 0;  // operands and result, each once; weights as in the file
};

struct Profile {
  double load_seconds = 0, load_traced = 0;  // copying the inputs into the program
  std::vector<NodeProfile> nodes;            // in the order in which they run
  double run_seconds = 0;                    // wall time of a run, mean of the same runs
  int runs = 0;

  // Share of the wall time that loading and nodes account for.
  [[nodiscard]] double accounted() const;
};

// One run that is not counted, then runs until `seconds` are over, 3 at least.
[[nodiscard]] Profile profile(Program& program, std::span<const Tensor> inputs, double seconds);

// 1e9 operations per second of a node.
[[nodiscard]] double gflops(const NodeProfile& node);

// One line or object for each node, one for loading the inputs, one for the sum. `peak` in 1e9
// operations per second.
void print_profile(const Profile& profile, double peak, bool json);

// Events of one run in the format that chrome://tracing and Perfetto read. Throws Error.
void write_trace(const std::string& file, const std::string& model, const Profile& profile);

}  // namespace burin::apps
