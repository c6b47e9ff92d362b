// The allocator behind Storage: two heaps (small and large blocks), each a range of address space
// that grows at its top. Freed blocks join their neighbours and are handed out again, best fit
// first. Only growing and memory given back by trim() cost page faults, so a training step after
// the first asks the system for nothing.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <set>
#include <unordered_map>
#include <vector>

#include "engine/tensor/storage.h"

namespace burin {

class Arena {
 public:
  // A large page that takes longer to come than this is slow.
  static constexpr double slow_page_ms = 1;

  explicit Arena(double slow_ms = slow_page_ms) noexcept : slow_ms_(slow_ms) {}
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // The one of the process; never destroyed, so that static tensors may outlive main.
  [[nodiscard]] static Arena& process();

  // 64-byte aligned, uninitialized. Throws Error above the limit, std::bad_alloc when the system
  // refuses.
  [[nodiscard]] void* take(std::size_t bytes);
  void give_back(void* block) noexcept;
  void trim() noexcept;
  void set_limit(std::size_t bytes) noexcept;
  void set_new_pages(NewPages pages) noexcept;
  [[nodiscard]] ArenaStatistics statistics() const noexcept;

 private:
  struct Range {  // address space taken by one mmap; [base, top) has been used
    std::byte* base;
    std::size_t capacity, top;
    int slow_pages = 0;  // large ones in a row, when they were last timed
  };
  struct Free {
    std::size_t bytes;
    std::size_t released;  // of these, given back to the system by trim()
  };
  struct Heap {
    std::vector<Range> ranges;
    std::map<std::byte*, Free> free;                       // by address
    std::set<std::pair<std::size_t, std::byte*>> by_size;  // the same blocks
    std::unordered_map<std::byte*, std::size_t> used;      // block -> bytes
  };

  void* take_locked(Heap& heap, std::size_t bytes);
  std::byte* reuse(Heap& heap, std::size_t bytes);
  std::byte* grow(Heap& heap, std::size_t bytes);
  std::byte* extend_top(Heap& heap, std::size_t bytes);
  void reserve_range(Heap& heap, std::size_t bytes);
  void time_large_pages(Range& range, std::size_t first) const noexcept;
  void count_reserved(Heap& heap, std::size_t bytes, std::byte* block, Free taken);
  void insert_free(Heap& heap, std::byte* block, Free extent);
  void remove_free(Heap& heap, std::map<std::byte*, Free>::iterator it);
  void trim_locked() noexcept;

  mutable std::mutex mutex_;
  Heap small_, large_;
  ArenaStatistics statistics_;
  std::size_t limit_ = 0;
  double slow_ms_;
  NewPages new_pages_ = NewPages::large;
};

}  // namespace burin
