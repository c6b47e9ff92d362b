#include "engine/runtime/workers.h"

#include <omp.h>
#include <sched.h>
#include <sys/mman.h>
#include <xmmintrin.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cassert>
#include <cstdint>
#include <memory>
#include <mutex>
#include <new>
#include <span>
#include <sstream>
#include <vector>

#include "engine/error.h"
#include "engine/runtime/stream_team.h"
#include "engine/runtime/team.h"

namespace burin::runtime {
namespace {

Team& process_team() {
  static Team instance;
  return instance;
}

thread_local Team* stream_team = nullptr;  // of a thread with a StreamTeam

Team& team() { return stream_team != nullptr ? *stream_team : process_team(); }

thread_local int current_worker = -1;   // inside a task
thread_local int bound_generation = 0;  // 0: never bound
thread_local bool background = false;

// Flush-to-zero and denormals-are-zero (MXCSR bits 15 and 6): a denormal operand costs over 100
// cycles.
class FlushDenormals {
 public:
  FlushDenormals() noexcept : before_(_mm_getcsr()) { _mm_setcsr(before_ | 0x8040u); }
  ~FlushDenormals() { _mm_setcsr(before_); }
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;

 private:
  unsigned before_;
};

void run_on(std::span<const int> cpus) noexcept {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  for (const int cpu : cpus)
    if (cpu >= 0 && cpu < CPU_SETSIZE) CPU_SET(cpu, &mask);
  if (CPU_COUNT(&mask) > 0) sched_setaffinity(0, sizeof(mask), &mask);
}

void run_anywhere(const Team& t) noexcept {
  std::array<int, CPU_SETSIZE> all;
  std::size_t count = 0;
  for (const Processor& p : t.topology.processors)
    if (count < all.size()) all[count++] = p.id;
  run_on({all.data(), count});
}

// Once per thread and configuration; threads that OpenMP starts later bind themselves when they
// first work.
void bind_thread(const Team& t, int worker) noexcept {
  const int generation = t.generation.load(std::memory_order_relaxed);
  if (bound_generation == generation) return;
  const bool was_bound = bound_generation != 0;
  bound_generation = generation;
  if (static_cast<std::size_t>(worker) < t.cpus.size())
    run_on({&t.cpus[static_cast<std::size_t>(worker)], 1});
  else if (was_bound || worker > 0)
    run_anywhere(t);  // a thread may have inherited one processor from the caller
}

class Working {
 public:
  explicit Working(int worker) noexcept : outer_(current_worker) { current_worker = worker; }
  ~Working() { current_worker = outer_; }
  Working(const Working&) = delete;
  Working& operator=(const Working&) = delete;

 private:
  FlushDenormals flush_;
  int outer_;
};

void run_alone(std::int64_t tasks, std::int64_t grain, const TaskFunction& f, int worker) noexcept {
  const Working working(worker);
  for (std::int64_t first = 0; first < tasks; first += grain)
    f(first, std::min(tasks, first + grain), worker);
}

// First its own share, then what is left of the others'. The same share every time: what a worker
// wrote in one op, and finds in its L2, it reads in the next.
void run_shares(std::span<Share> shares, std::int64_t grain, const TaskFunction& f,
                int worker) noexcept {
  const Working working(worker);
  for (std::size_t i = 0; i < shares.size(); ++i) {
    Share& share = shares[(static_cast<std::size_t>(worker) + i) % shares.size()];
    while (true) {
      const std::int64_t first = share.next.fetch_add(grain, std::memory_order_relaxed);
      if (first >= share.end) break;
      f(first, std::min(share.end, first + grain), worker);
    }
  }
}

// By one call for all pages where the system has it: a fault each takes up to twice as long.
void touch(void* memory, std::size_t first, std::size_t last) noexcept {
  constexpr std::size_t page = 4096;
  auto* const bytes = static_cast<volatile std::byte*>(memory);
#ifdef MADV_POPULATE_WRITE
  const auto address = reinterpret_cast<std::uintptr_t>(memory);
  const std::uintptr_t begin = (address + first) / page * page, end = address + last;
  if (madvise(reinterpret_cast<void*>(begin), end - begin, MADV_POPULATE_WRITE) == 0) return;
#endif
  for (std::size_t at = first; at < last; at += page) bytes[at] = std::byte{0};
}

// Threads count from here on; the binding is done anew.
void set_size(Team& t, int count) {
  static std::atomic<int> generations{0};
  t.shares = std::make_unique<Share[]>(static_cast<std::size_t>(count));
  t.generation.store(generations.fetch_add(1) + 1);
  t.threads.store(count, std::memory_order_release);
  omp_set_dynamic(0);
  omp_set_num_threads(count);  // for libraries that bring their own parallel regions
}

void ensure_configured() {
  if (process_team().threads.load(std::memory_order_acquire) == 0) configure({});
}

}  // namespace

void configure(const Settings& settings) {
  if (settings.threads < 0 || settings.threads > most_threads)
    throw Error("threads", "1 to 1024, or 0 for the default", std::to_string(settings.threads));
  Team& t = process_team();
  const std::lock_guard lock(t.busy);
  t.topology = discover_topology();
  const int count = settings.threads > 0 ? settings.threads : default_threads(t.topology);
  t.bind = settings.bind;
  t.cpus = processors(settings.bind, t.topology, count);
  set_size(t, count);
}

struct StreamTeam::Part {
  Team team;
};

StreamTeam::StreamTeam(int stream, int streams) : part_(std::make_unique<Part>()) {
  assert(stream >= 0 && stream < streams && stream_team == nullptr);
  ensure_configured();
  const Team& whole = process_team();
  Team& part = part_->team;
  const int all = whole.threads.load(), count = std::max(1, all / streams);
  part.topology = whole.topology;
  part.bind = whole.bind;
  for (int i = 0; i < count && !whole.cpus.empty(); ++i)
    part.cpus.push_back(whole.cpus[static_cast<std::size_t>((stream * count + i) % all)]);
  set_size(part, count);
  stream_team = &part;
  bind_thread(part, 0);
}

StreamTeam::~StreamTeam() { stream_team = nullptr; }

int threads() {
  ensure_configured();
  return team().threads.load(std::memory_order_relaxed);
}

std::string describe() {
  ensure_configured();
  Team& t = team();
  const std::lock_guard lock(t.busy);
  std::ostringstream out;
  const int count = t.threads.load();
  out << count << (count == 1 ? " thread" : " threads");
  if (t.cpus.empty()) {
    out << ", not bound";
  } else {
    out << ", bound (" << bind_name(t.bind) << ") to processors ";
    for (std::size_t i = 0; i < t.cpus.size() && i < 16; ++i) out << (i ? "," : "") << t.cpus[i];
    if (t.cpus.size() > 16) out << ",...";
  }
  out << "; " << t.topology.processors.size() << " allowed";
  if (t.topology.cpu_quota > 0) out << ", quota " << t.topology.cpu_quota << " CPUs";
  out << "; denormals flushed";
  return out.str();
}

void parallel_for(std::int64_t tasks, std::int64_t grain, TaskFunction f) {
  if (tasks <= 0) return;
  grain = std::max<std::int64_t>(grain, 1);
  const bool nested = current_worker >= 0;
  if (nested || background || tasks <= grain)
    return run_alone(tasks, grain, f, nested ? current_worker : 0);
  ensure_configured();
  Team& t = team();
  const std::unique_lock lock(t.busy, std::try_to_lock);
  if (!lock.owns_lock()) return run_alone(tasks, grain, f, 0);
  // Always the whole team: OpenMP ends and restarts threads when the number changes.
  const int count = t.threads.load(std::memory_order_relaxed);
  if (count == 1) {
    bind_thread(t, 0);
    return run_alone(tasks, grain, f, 0);
  }
  const std::int64_t pieces = (tasks + grain - 1) / grain;
  const std::span shares(t.shares.get(), static_cast<std::size_t>(count));
  std::int64_t first = 0;
  for (int i = 0; i < count; ++i) {
    Share& share = shares[static_cast<std::size_t>(i)];
    share.next.store(first, std::memory_order_relaxed);
    first += grain * (pieces / count + (i < pieces % count ? 1 : 0));
    share.end = std::min(tasks, first);
  }
#pragma omp parallel num_threads(count)
  {
    const int worker = omp_get_thread_num();
    bind_thread(t, worker);
    run_shares(shares, grain, f, worker);
  }
}

void bind_as_worker(int worker) noexcept {
  ensure_configured();
  bind_thread(team(), worker);
}

void warm_workspaces(std::size_t bytes) {
  if (bytes == 0 || background || current_worker >= 0) return;
  ensure_configured();
  Team& t = team();
  const std::unique_lock lock(t.busy, std::try_to_lock);
  const auto warm = [bytes](int worker) {
    try {
      touch(workspace(worker, bytes), 0, bytes);
    } catch (const std::bad_alloc&) {  // the loop that needs it will say so
    }
  };
  const int count = lock.owns_lock() ? t.threads.load(std::memory_order_relaxed) : 1;
  if (count == 1) return warm(0);
#pragma omp parallel num_threads(count)
  {
    const int worker = omp_get_thread_num();
    bind_thread(t, worker);
    warm(worker);
  }
}

void touch_pages(void* memory, std::size_t bytes) {
  constexpr std::size_t piece = std::size_t{2} << 20;  // a huge page
  parallel_for(static_cast<std::int64_t>((bytes + piece - 1) / piece), 1,
               [&](std::int64_t first, std::int64_t last, int) {
                 touch(memory, static_cast<std::size_t>(first) * piece,
                       std::min(bytes, static_cast<std::size_t>(last) * piece));
               });
}

void release_threads() noexcept { omp_pause_resource_all(omp_pause_soft); }

BackgroundThread::BackgroundThread() noexcept {
  background = true;
  if (process_team().threads.load(std::memory_order_acquire) != 0) run_anywhere(process_team());
}

BackgroundThread::~BackgroundThread() { background = false; }

}  // namespace burin::runtime
