// Reference-counted memory, 64-byte aligned, never resized, taken from a caching arena: what is
// freed joins its free neighbours and is handed out again, best fit first, so a training step after
// the first asks the system for nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace burin {

struct ArenaStatistics {
  std::size_t live_bytes = 0;      // handed out now
  std::size_t peak_bytes = 0;      // highest live_bytes so far
  std::size_t reserved_bytes = 0;  // taken from the system
  std::uint64_t system_calls = 0;  // requests that went to the system
};

[[nodiscard]] ArenaStatistics arena_statistics() noexcept;
// Refuses, with Error, an allocation that would make reserved_bytes exceed this (--max-memory); 0:
// no limit.
void arena_set_limit(std::size_t bytes) noexcept;

// What pages new memory comes in. Large ones, of 2 MiB, let a program run 2 to 5 % faster. Soon:
// large ones where they come as fast as they are cleared, else those of 4 KiB. A virtual machine
// that lends its free memory to the host gets large ones back at 2.5 s a GiB, and has some GiB of
// small ones at hand, at 0.4 s.
enum class NewPages { large, soon };
void arena_set_new_pages(NewPages pages) noexcept;

// Gives the pages of what nobody holds back to the system.
void arena_trim() noexcept;

class Storage {
 public:
  // Uninitialized. Throws Error above the arena limit, std::bad_alloc when the system refuses.
  static std::shared_ptr<Storage> allocate(std::size_t bytes);
  ~Storage();
  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;

  [[nodiscard]] std::byte* data() noexcept { return data_; }
  [[nodiscard]] const std::byte* data() const noexcept { return data_; }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

  // Counts changes of the contents, for caches of packed weights; whoever writes into a parameter
  // bumps it.
  [[nodiscard]] std::uint64_t version() const noexcept { return version_; }
  void bump_version() noexcept { ++version_; }

  // A cache that lives and dies with these contents (packed weights); its type is its user's
  // business.
  std::shared_ptr<void> attachment;

 private:
  Storage() = default;
  std::byte* data_ = nullptr;
  std::size_t bytes_ = 0;
  std::uint64_t version_ = 0;
};

}  // namespace burin
