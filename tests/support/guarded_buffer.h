// Memory with guard bytes on both sides; and, on request, with its end at an unreadable page.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <span>

namespace burin::test {

enum class Guard {
  bytes,    // writes beyond either end are found by intact()
  end_page  // reads or writes beyond the end fault at once
};

// Zero-initialized count elements of T; 64-byte aligned for Guard::bytes.
template <class T>
class GuardedBuffer {
 public:
  explicit GuardedBuffer(std::size_t count, Guard guard = Guard::bytes) : count_(count) {
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    const std::size_t bytes = count * sizeof(T);
    mapped_ = (bytes + 2 * margin + page - 1) / page * page + page;
    void* base = mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base == MAP_FAILED) throw std::bad_alloc();
    base_ = static_cast<std::uint8_t*>(base);
    std::memset(base_, pattern, mapped_ - page);
    mprotect(base_ + mapped_ - page, page, PROT_NONE);
    begin_ = guard == Guard::bytes ? base_ + margin : base_ + mapped_ - page - bytes;
    end_ = begin_ + bytes;
    limit_ = base_ + mapped_ - page;
    std::memset(begin_, 0, bytes);
  }
  ~GuardedBuffer() { munmap(base_, mapped_); }
  GuardedBuffer(const GuardedBuffer&) = delete;
  GuardedBuffer& operator=(const GuardedBuffer&) = delete;

  T* data() { return reinterpret_cast<T*>(begin_); }
  std::size_t size() const { return count_; }
  std::span<T> span() { return {data(), count_}; }
  void assign(std::span<const T> values) {
    if (!values.empty()) std::memcpy(begin_, values.data(), values.size_bytes());
  }

  // No byte outside of the buffer was written.
  bool intact() const {
    for (const std::uint8_t* p = base_; p < begin_; ++p)
      if (*p != pattern) return false;
    for (const std::uint8_t* p = end_; p < limit_; ++p)
      if (*p != pattern) return false;
    return true;
  }

 private:
  static constexpr std::size_t margin = 256;
  static constexpr std::uint8_t pattern = 0xa5;
  std::uint8_t *base_, *begin_, *end_, *limit_;
  std::size_t count_, mapped_;
};

}  // namespace burin::test
