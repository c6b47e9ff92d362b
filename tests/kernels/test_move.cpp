#include "kernels/move/move.h"

#include <doctest/doctest.h>

#include <cstring>
#include <string>
#include <vector>

#include "tests/support/guarded_buffer.h"
#include "tests/support/random.h"

namespace burin::test {
namespace {

using namespace kernels;

template <class F>
void each_entry(const F& f) {
  for (const auto* entry : move_kernels()) {
    if (!usable(entry->isa)) continue;
    INFO(std::string(entry->name));
    for (const Guard guard : {Guard::bytes, Guard::end_page}) f(*entry, guard);
  }
}

// Rows of random bytes, the last without its gap.
struct Bytes : GuardedBuffer<std::uint8_t> {
  Bytes(std::int64_t rows, std::int64_t bytes, std::int64_t stride, Guard guard, Random& random)
      : GuardedBuffer(static_cast<std::size_t>((rows - 1) * stride + bytes), guard) {
    for (auto& b : span()) b = static_cast<std::uint8_t>(random.bits());
  }
};

}  // namespace

TEST_CASE("copy moves rows and nothing else") {
  each_entry([](const MoveKernels& entry, Guard guard) {
    Random random(1);
    for (std::int64_t bytes = 0; bytes <= 300; bytes += bytes < 70 ? 1 : 13)
      for (const std::int64_t gap : {0, 5}) {
        const std::int64_t rows = 1 + bytes % 6, from_stride = bytes + gap,
                           to_stride = bytes + 2 * gap;
        Bytes from(rows, bytes, from_stride, guard, random);
        Bytes to(rows, bytes, to_stride, guard, random);
        std::vector<std::uint8_t> want(to.span().begin(), to.span().end());
        for (std::int64_t r = 0; r < rows; ++r)
          for (std::int64_t i = 0; i < bytes; ++i)
            want[std::size_t(r * to_stride + i)] = from.data()[r * from_stride + i];
        entry.copy(rows, bytes, from.data(), from_stride, to.data(), to_stride);
        CHECK((want.empty() || std::memcmp(want.data(), to.data(), want.size()) == 0));
        CHECK(to.intact());
      }
  });
}

TEST_CASE("fill sets rows of elements and nothing else") {
  each_entry([](const MoveKernels& entry, Guard guard) {
    Random random(2);
    for (const std::size_t size : {1u, 2u, 4u, 8u})
      for (std::int64_t count = 0; count <= 70; ++count) {
        const auto width = static_cast<std::int64_t>(size);
        const std::int64_t rows = 1 + count % 4, stride = (count + count % 3) * width;
        Bytes to(rows, count * width, stride, guard, random);
        std::vector<std::uint8_t> want(to.span().begin(), to.span().end());
        const std::uint8_t value[8] = {1, 2, 3, 4, 5, 6, 7, 8};
        for (std::int64_t r = 0; r < rows; ++r)
          for (std::int64_t i = 0; i < count * width; ++i)
            want[std::size_t(r * stride + i)] = value[i % width];
        entry.fill(rows, count, size, value, to.data(), stride);
        CHECK((want.empty() || std::memcmp(want.data(), to.data(), want.size()) == 0));
        CHECK(to.intact());
      }
  });
}

TEST_CASE("transpose exchanges rows and columns, and twice is the identity") {
  each_entry([](const MoveKernels& entry, Guard guard) {
    Random random(3);
    for (const std::size_t size : {1u, 2u, 4u, 8u})
      for (std::int64_t columns = 1; columns <= 70; columns += columns < 20 ? 1 : 7) {
        const bool pairs = columns % 3 == 0;  // two dense rows
        const std::int64_t rows = pairs ? 2 : 1 + columns * 11 % 37, from_stride = columns + 3,
                           to_stride = pairs ? 2 : rows + 2;
        const auto width = static_cast<std::int64_t>(size);
        Bytes from(rows, columns * width, from_stride * width, guard, random);
        Bytes to(columns, rows * width, to_stride * width, guard, random);
        Bytes back(rows, columns * width, columns * width, guard, random);
        entry.transpose(rows, columns, size, from.data(), from_stride, to.data(), to_stride);
        for (std::int64_t r = 0; r < rows; ++r)
          for (std::int64_t c = 0; c < columns; ++c)
            CHECK(std::memcmp(to.data() + (c * to_stride + r) * width,
                              from.data() + (r * from_stride + c) * width, size) == 0);
        entry.transpose(columns, rows, size, to.data(), to_stride, back.data(), columns);
        for (std::int64_t r = 0; r < rows; ++r)
          CHECK(std::memcmp(back.data() + r * columns * width,
                            from.data() + r * from_stride * width,
                            std::size_t(columns * width)) == 0);
        CHECK((to.intact() && back.intact()));
      }
  });
}

}  // namespace burin::test
