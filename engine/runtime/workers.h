// One bound OpenMP team for the whole process, and the loop that every op runs on.
//
// Work is cut into tasks by shape; threads only pick tasks, so results do not depend on their
// number (docs/decisions/0004-determinism.md).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>

#include "engine/runtime/affinity.h"

namespace burin::runtime {

struct Settings {
  int threads = 0;  // 0: as many as the affinity mask and the cgroup quota allow
  Bind bind = Bind::cores;
};

// Sets the size and the binding of the team; its threads start and bind themselves when they first
// work. Throws Error for threads outside 0..1024. Called on first use with the default when nobody
// has called it.
void configure(const Settings& settings);

// Threads of the team.
[[nodiscard]] int threads();

// One line that says what was done: "2 threads, bound to cores 0,1; ...".
[[nodiscard]] std::string describe();

// A reference to a callable; does not own it.
class TaskFunction {
 public:
  template <class F>
  requires(!std::is_same_v<std::remove_cvref_t<F>, TaskFunction>)
      TaskFunction(const F& f)  // NOLINT: implicit by design
      : object_(&f),
        call_([](const void* object, std::int64_t first, std::int64_t last, int worker) {
          (*static_cast<const F*>(object))(first, last, worker);
        }) {}
  void operator()(std::int64_t first, std::int64_t last, int worker) const {
    call_(object_, first, last, worker);
  }

 private:
  const void* object_;
  void (*call_)(const void*, std::int64_t, std::int64_t, int);
};

// Calls f(first, last, worker) over [0, tasks) in pieces of `grain` tasks (the last may be
// shorter); tasks of a piece are in order. Each worker begins with the same part of the pieces every
// time and then takes over what others have not begun. Runs inline when there is one piece, when
// called from inside a task (with the caller's worker number), and when another thread has the team.
// Denormals are flushed while f runs. Exceptions must not leave f (the process ends).
void parallel_for(std::int64_t tasks, std::int64_t grain, TaskFunction f);

// Binds the calling thread as parallel_for would bind that thread of the team: for code with a
// parallel region of its own.
void bind_as_worker(int worker) noexcept;

// Ends the threads of the team that OpenMP keeps for the calling thread; its next loop starts them
// anew. For a thread that leaves the work to others: where the threads kept for all callers are more
// than the processors, GNU OpenMP lets them sleep right after a loop, and waking one takes 80 us.
void release_threads() noexcept;

// Scratch of one worker, 64-byte aligned, grown when needed and kept; valid until the next call
// with the same worker from the same thread. worker in [0, 1024). Throws std::bad_alloc.
[[nodiscard]] void* workspace(int worker, std::size_t bytes);

// Every worker of the caller's team takes that much scratch and touches its pages, so that no task
// pays for them.
void warm_workspaces(std::size_t bytes);

// Writes to each page of memory of which the contents do not matter, by the whole team.
void touch_pages(void* memory, std::size_t bytes);

// For helper threads beside the team (data loaders): while it lives, the calling thread may run on
// every processor of the process instead of the one it inherited, and its parallel_for calls run
// inline.
class BackgroundThread {
 public:
  BackgroundThread() noexcept;
  ~BackgroundThread();
  BackgroundThread(const BackgroundThread&) = delete;
  BackgroundThread& operator=(const BackgroundThread&) = delete;
};

}  // namespace burin::runtime
