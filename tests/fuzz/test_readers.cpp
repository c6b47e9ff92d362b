// The fuzz targets' short cousin for every build: all seeds, each cut at every byte and changed at
// random places from a fixed seed. A crash, a hang or another exception than burin::Error fails.
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>

#include "io/file.h"
#include "tests/fuzz/readers.h"
#include "tests/support/random.h"

using namespace burin;
using namespace burin::test;

namespace {

constexpr int changes_of_a_seed = 300;
constexpr double longest = 5.0;  // seconds for one input, sanitizers included

std::vector<std::filesystem::path> seeds_of(const std::string& name) {
  std::vector<std::filesystem::path> out;
  for (const auto& file : std::filesystem::directory_iterator("tests/fuzz/seeds/" + name))
    out.push_back(file.path());
  std::sort(out.begin(), out.end());
  REQUIRE(!out.empty());
  return out;
}

void feed(const NamedReader& reader, std::span<const std::uint8_t> bytes) {
  // A copy of the exact size: reading beyond the end is seen by the address sanitizer.
  const std::vector<std::uint8_t> exact(bytes.begin(), bytes.end());
  const auto start = std::chrono::steady_clock::now();
  reader.read(exact);
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
  if (time.count() > longest) FAIL_CHECK(reader.name << ": " << time.count() << " s for one input");
}

// One to four changes: a bit, a byte of a telling value, a number, a piece removed, repeated or
// swapped.
void change(std::vector<std::uint8_t>& bytes, Random& random) {
  constexpr std::uint8_t telling[] = {0, 1, 0x7f, 0x80, 0xff, '"', '{', '9'};
  for (std::uint64_t i = 0, count = 1 + random.bits() % 4; i < count && !bytes.empty(); ++i) {
    const auto at = static_cast<std::ptrdiff_t>(random.bits() % bytes.size());
    const auto left = static_cast<std::ptrdiff_t>(bytes.size()) - at;
    const auto n =
        std::min<std::ptrdiff_t>(left, 1 + static_cast<std::ptrdiff_t>(random.bits() % 8));
    const auto place = bytes.begin() + at;
    switch (random.bits() % 6) {
      case 0:
        *place ^= static_cast<std::uint8_t>(1u << random.bits() % 8);
        break;
      case 1:
        *place = telling[random.bits() % std::size(telling)];
        break;
      case 2:
        std::fill(place, place + n, telling[random.bits() % 5]);
        break;
      case 3:
        bytes.erase(place, place + n);
        break;
      case 4: {
        const std::vector<std::uint8_t> piece(place, place + n);
        bytes.insert(place, piece.begin(), piece.end());
        break;
      }
      default:
        *place = static_cast<std::uint8_t>(random.bits());
        break;
    }
  }
}

}  // namespace

TEST_CASE("every reader takes seeds, cut seeds and changed seeds") {
  for (const NamedReader& reader : readers) {
    CAPTURE(reader.name);
    Random random(1);
    feed(reader, {});
    for (const auto& path : seeds_of(reader.name)) {
      CAPTURE(path.string());
      const auto bytes = read_file(path);
      for (std::size_t length = 0; length <= bytes.size(); ++length)
        feed(reader, std::span(bytes).first(length));
      for (int i = 0; i < changes_of_a_seed; ++i) {
        auto changed = bytes;
        change(changed, random);
        feed(reader, changed);
      }
    }
  }
}

TEST_CASE("every reader takes the seeds of the others") {
  for (const NamedReader& reader : readers)
    for (const NamedReader& other : readers)
      for (const auto& path : seeds_of(other.name)) feed(reader, read_file(path));
}
