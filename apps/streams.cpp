#include "apps/streams.h"

#include <memory>
#include <utility>

#include "engine/runtime/stopwatch.h"
#include "engine/runtime/stream_team.h"
#include "engine/runtime/workers.h"

namespace burin::apps {
Streams::Streams(Graph graph, const CompileOptions& options, std::vector<Tensor> inputs, int count)
    : inputs_(std::move(inputs)),
      gate_(count + 1),
      times_(static_cast<std::size_t>(count)),
      failures_(static_cast<std::size_t>(count)) {
  {
    // One graph for all: the programs find each other's packed weights.
    const Graph optimized = optimize(std::move(graph), options.precision);
    runtime::release_threads();
    CompileOptions as_given = options;
    as_given.optimize = false;
    for (int stream = 0; stream < count; ++stream)
      threads_.emplace_back(&Streams::work, this, stream, optimized, as_given);
  }
  gate_.arrive_and_wait();
  for (const std::exception_ptr& failure : failures_)
    if (failure) {
      gate_.arrive_and_wait();  // runs_ is 0
      for (std::thread& thread : threads_) thread.join();
      std::rethrow_exception(failure);
    }
}

Streams::~Streams() {
  runs_ = 0;
  gate_.arrive_and_wait();
  for (std::thread& thread : threads_) thread.join();
}

std::vector<double> Streams::run(int runs, double seconds) {
  runs_ = runs;
  seconds_ = seconds;
  gate_.arrive_and_wait();
  gate_.arrive_and_wait();
  std::vector<double> all;
  for (const std::vector<double>& times : times_) all.insert(all.end(), times.begin(), times.end());
  return all;
}

void Streams::work(int stream, Graph graph, CompileOptions options) {
  const auto index = static_cast<std::size_t>(stream);
  const runtime::StreamTeam team(stream, static_cast<int>(times_.size()));
  std::unique_ptr<Program> program;
  try {
    program = std::make_unique<Program>(std::move(graph), options);
  } catch (...) {
    failures_[index] = std::current_exception();
  }
  gate_.arrive_and_wait();
  while (true) {
    gate_.arrive_and_wait();
    if (runs_ == 0) return;
    std::vector<double>& times = times_[index];
    times.clear();
    const runtime::Stopwatch piece;
    std::span<const Tensor> results;
    while (static_cast<int>(times.size()) < runs_ || piece.seconds() < seconds_) {
      const runtime::Stopwatch run;
      results = program->run(inputs_);
      times.push_back(run.milliseconds());
    }
    if (stream == 0) outputs_.assign(results.begin(), results.end());
    gate_.arrive_and_wait();
  }
}

}  // namespace burin::apps
