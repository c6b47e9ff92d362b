// Programs of one graph that run side by side, each on threads of its own; they share packed weights.
#pragma once

#include <barrier>
#include <exception>
#include <thread>
#include <vector>

#include "engine/graph/program.h"

namespace burin::apps {

class Streams {
 public:
  // Compiles; `count` equal parts of the team (engine/runtime/stream_team.h). The graph's own weights
  // go once they are packed. Throws what compiling throws.
  Streams(Graph graph, const CompileOptions& options, std::vector<Tensor> inputs, int count);
  ~Streams();
  Streams(const Streams&) = delete;
  Streams& operator=(const Streams&) = delete;

  // Every stream runs at least so many times and until the time is over. Milliseconds of each run.
  [[nodiscard]] std::vector<double> run(int runs, double seconds);
  // Of the first stream's last run.
  [[nodiscard]] const std::vector<Tensor>& outputs() const noexcept { return outputs_; }

 private:
  void work(int stream, Graph graph, CompileOptions options);

  std::vector<Tensor> inputs_, outputs_;
  std::barrier<> gate_;  // all streams and the caller, before and after each piece of work
  int runs_ = 0;         // 0: the end
  double seconds_ = 0;
  std::vector<std::vector<double>> times_;  // of each stream
  std::vector<std::exception_ptr> failures_;
  std::vector<std::thread> threads_;
};

}  // namespace burin::apps
