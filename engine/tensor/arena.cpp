#include "engine/tensor/arena.h"

#include <sys/mman.h>

#include <algorithm>
#include <limits>
#include <new>
#include <string>

#include "engine/error.h"
#include "engine/runtime/stopwatch.h"

namespace burin {
namespace {

constexpr std::size_t large_from = std::size_t{1} << 18;  // bytes
constexpr std::size_t small_unit = 64, large_unit = 4096;
constexpr std::size_t huge_page = std::size_t{2} << 20;
// Address space asked for at first: costs nothing until touched. Halved where the system sets a
// limit.
constexpr std::size_t first_capacity = std::size_t{1} << 40;

std::size_t round_up(std::size_t value, std::size_t unit) {
  return (value + unit - 1) / unit * unit;
}

}  // namespace

Arena& Arena::process() {
  static Arena* const instance = new Arena();
  return *instance;
}

Arena::~Arena() {
  for (const Heap* heap : {&small_, &large_})
    for (const Range& range : heap->ranges) munmap(range.base, range.capacity);
}

void* Arena::take(std::size_t bytes) {
  if (bytes > std::numeric_limits<std::size_t>::max() / 4) throw std::bad_alloc();
  const std::lock_guard lock(mutex_);
  const bool large = bytes >= large_from;
  const std::size_t size =
      round_up(std::max<std::size_t>(bytes, 1), large ? large_unit : small_unit);
  return take_locked(large ? large_ : small_, size);
}

void* Arena::take_locked(Heap& heap, std::size_t bytes) {
  std::byte* block = reuse(heap, bytes);
  if (block == nullptr) block = grow(heap, bytes);
  heap.used.emplace(block, bytes);
  statistics_.live_bytes += bytes;
  statistics_.peak_bytes = std::max(statistics_.peak_bytes, statistics_.live_bytes);
  return block;
}

std::byte* Arena::reuse(Heap& heap, std::size_t bytes) {
  const auto found = heap.by_size.lower_bound({bytes, nullptr});
  if (found == heap.by_size.end()) return nullptr;
  const auto it = heap.free.find(found->second);
  std::byte* const block = it->first;
  const Free extent = it->second;
  const std::size_t again = std::min(extent.released, bytes);  // first touched since trim()
  remove_free(heap, it);
  if (again > 0) count_reserved(heap, again, block, extent);
  if (extent.bytes > bytes)
    insert_free(heap, block + bytes, {extent.bytes - bytes, extent.released - again});
  return block;
}

std::byte* Arena::grow(Heap& heap, std::size_t bytes) {
  if (heap.ranges.empty()) reserve_range(heap, bytes);
  if (std::byte* block = extend_top(heap, bytes)) return block;
  reserve_range(heap, bytes);
  return extend_top(heap, bytes);
}

// Takes from the top of the newest range, together with the free block that may end there.
std::byte* Arena::extend_top(Heap& heap, std::size_t bytes) {
  Range& range = heap.ranges.back();
  std::byte* block = range.base + range.top;
  Free below{0, 0};
  auto last = heap.free.lower_bound(block);
  if (last != heap.free.begin()) {
    --last;
    if (last->first >= range.base && last->first + last->second.bytes == block) {
      block = last->first;
      below = last->second;
    }
  }
  const std::size_t more = bytes - below.bytes;
  if (more > range.capacity - range.top) return nullptr;
  if (below.bytes > 0) remove_free(heap, last);
  count_reserved(heap, more + below.released, block, below);
  const std::size_t before = range.top;
  range.top += more;
  if (&heap == &large_ && new_pages_ == NewPages::soon) time_large_pages(range, before);
  return block;
}

// Touches large pages that begin in [first, top), which are about to be used: the first four and
// one of sixteen. When two in a row are slow, what lies above comes in small ones.
void Arena::time_large_pages(Range& range, std::size_t first) const noexcept {
  constexpr int all_of = 4, one_of = 16, slow_in_a_row = 2;
  const auto base = reinterpret_cast<std::uintptr_t>(range.base);
  const std::uintptr_t top = base + range.top, end = base + range.capacity;
  std::uintptr_t page = round_up(base + first, huge_page);
  for (int i = 0; page < top && range.slow_pages < slow_in_a_row; ++i, page += huge_page) {
    if (i >= all_of && i % one_of != 0 && range.slow_pages == 0) continue;
    const runtime::Stopwatch watch;
    *reinterpret_cast<volatile std::byte*>(page) = std::byte{0};
    range.slow_pages = watch.milliseconds() >= slow_ms_ ? range.slow_pages + 1 : 0;
    const std::uintptr_t next = page + huge_page;
    if (range.slow_pages == slow_in_a_row && next < end)
      madvise(reinterpret_cast<void*>(next), end - next, MADV_NOHUGEPAGE);
  }
}

void Arena::reserve_range(Heap& heap, std::size_t bytes) {
  const std::size_t least = round_up(bytes, huge_page) + huge_page;
  for (std::size_t size = std::max(first_capacity, least);; size = std::max(size / 2, least)) {
    void* base = mmap(nullptr, size, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base != MAP_FAILED) {
      // Fewer page faults and TLB misses; a hint that the system may ignore.
      if (&heap == &large_) madvise(base, size, MADV_HUGEPAGE);
      const auto address = reinterpret_cast<std::uintptr_t>(base);
      heap.ranges.push_back(
          {static_cast<std::byte*>(base), size, round_up(address, huge_page) - address});
      return;
    }
    if (size == least) throw std::bad_alloc();
  }
}

// Notes that `bytes` more are wanted from the system. Near the limit cached memory is given back
// first; when that is not enough, `taken` (a free block already out of the lists, or none) goes
// back into them, and Error is thrown.
void Arena::count_reserved(Heap& heap, std::size_t bytes, std::byte* block, Free taken) {
  if (limit_ != 0 && statistics_.reserved_bytes + bytes > limit_) trim_locked();
  if (limit_ != 0 && statistics_.reserved_bytes + bytes > limit_) {
    if (taken.bytes > 0) insert_free(heap, block, taken);
    throw Error("memory", "at most " + std::to_string(limit_) + " bytes (--max-memory)",
                std::to_string(statistics_.reserved_bytes + bytes));
  }
  statistics_.reserved_bytes += bytes;
  ++statistics_.system_calls;
}

void Arena::insert_free(Heap& heap, std::byte* block, Free extent) {
  heap.free.emplace(block, extent);
  heap.by_size.emplace(extent.bytes, block);
}

void Arena::remove_free(Heap& heap, std::map<std::byte*, Free>::iterator it) {
  heap.by_size.erase({it->second.bytes, it->first});
  heap.free.erase(it);
}

void Arena::give_back(void* pointer) noexcept {
  const std::lock_guard lock(mutex_);
  auto* block = static_cast<std::byte*>(pointer);
  Heap& heap = large_.used.contains(block) ? large_ : small_;
  const auto used = heap.used.find(block);
  Free extent{used->second, 0};
  statistics_.live_bytes -= used->second;
  heap.used.erase(used);
  auto next = heap.free.lower_bound(block);
  if (next != heap.free.end() && block + extent.bytes == next->first) {
    extent.bytes += next->second.bytes;
    extent.released += next->second.released;
    const auto joined = next++;
    remove_free(heap, joined);
  }
  if (next != heap.free.begin()) {
    const auto previous = std::prev(next);
    if (previous->first + previous->second.bytes == block) {
      block = previous->first;
      extent.bytes += previous->second.bytes;
      extent.released += previous->second.released;
      remove_free(heap, previous);
    }
  }
  insert_free(heap, block, extent);
}

void Arena::trim() noexcept {
  const std::lock_guard lock(mutex_);
  trim_locked();
}

void Arena::trim_locked() noexcept {
  for (Heap* heap : {&small_, &large_}) {
    for (auto& [block, extent] : heap->free) {
      // Whole pages only; what stays at the edges is not counted as released.
      const auto address = reinterpret_cast<std::uintptr_t>(block);
      const std::uintptr_t first = round_up(address, large_unit);
      const std::uintptr_t last = (address + extent.bytes) / large_unit * large_unit;
      if (last <= first) continue;
      const std::size_t released = last - first;
      if (madvise(reinterpret_cast<void*>(first), released, MADV_DONTNEED) != 0) continue;
      statistics_.reserved_bytes -= released - std::min(released, extent.released);
      extent.released = std::max(released, extent.released);
    }
  }
}

void Arena::set_limit(std::size_t bytes) noexcept {
  const std::lock_guard lock(mutex_);
  limit_ = bytes;
}

void Arena::set_new_pages(NewPages pages) noexcept {
  const std::lock_guard lock(mutex_);
  new_pages_ = pages;
}

ArenaStatistics Arena::statistics() const noexcept {
  const std::lock_guard lock(mutex_);
  return statistics_;
}

}  // namespace burin
