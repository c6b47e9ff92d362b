// Preprocessing against OpenCV 5.0: hashes of what its createCLAHE, LUT and erode gave for pictures
// made by the same formula.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "engine/error.h"
#include "models/field_of_view.h"
#include "models/fundus_preprocess.h"

namespace burin::test {
namespace {

using Bytes = std::vector<std::uint8_t>;
using models::PictureSize;

// A slope with noise; all three channels.
Bytes picture(const PictureSize& size, std::uint32_t seed) {
  Bytes out;
  for (int y = 0; y < size.height; ++y)
    for (int x = 0; x < size.width; ++x)
      for (int c = 0; c < 3; ++c) {
        seed = seed * 1664525u + 1013904223u;
        out.push_back(static_cast<std::uint8_t>((x * 5 + y * 3 + c * 40) % 160 +
                                                static_cast<int>(seed >> 26)));
      }
  return out;
}

Bytes channel_of(const Bytes& rgb, std::size_t c) {
  Bytes out;
  for (std::size_t i = c; i < rgb.size(); i += 3) out.push_back(rgb[i]);
  return out;
}

// FNV-1a, 64 bits.
std::uint64_t hash(const Bytes& bytes) {
  std::uint64_t h = 0xcbf29ce484222325ull;
  for (const std::uint8_t b : bytes) h = (h ^ b) * 0x100000001b3ull;
  return h;
}

// A disc of the shorter side's diameter.
Bytes disc(const PictureSize& size) {
  Bytes out;
  const auto diameter = std::min(size.height, size.width);
  for (std::int64_t y = 0; y < size.height; ++y)
    for (std::int64_t x = 0; x < size.width; ++x) {
      const auto dy = 2 * y - size.height + 1, dx = 2 * x - size.width + 1;
      out.push_back(dx * dx + dy * dy <= diameter * diameter);
    }
  return out;
}

}  // namespace

TEST_CASE("CLAHE is OpenCV's to the bit") {
  struct Row {
    PictureSize size;
    std::uint64_t hash;
  };
  // Sides that are multiples of 8, one of them, none, and smaller than the tiles.
  const Row rows[] = {{{16, 24}, 0x08dcbb72a9b1c791ull},  {{13, 17}, 0x2c768849774a3c93ull},
                      {{24, 13}, 0x8913757ecd7eec6cull},  {{100, 83}, 0x53e294997c4343aeull},
                      {{129, 64}, 0x55eaec62fdf30cbcull}, {{5, 3}, 0x2dfdf6fad5279c12ull}};
  for (const Row& row : rows) {
    INFO(row.size.height << "x" << row.size.width);
    CHECK(hash(models::clahe(channel_of(picture(row.size, 7), 1), row.size)) == row.hash);
  }
  const PictureSize other{61, 50};
  CHECK(hash(models::clahe(channel_of(picture(other, 7), 0), other, 40.0, 4)) ==
        0xaab9289c4c0c9036ull);
  const PictureSize small{16, 8};
  Bytes first = models::clahe(channel_of(picture(small, 3), 0), small);
  first.resize(16);
  CHECK(first ==
        Bytes{128, 192, 128, 255, 192, 255, 128, 192, 255, 255, 64, 128, 128, 64, 192, 128});
}

TEST_CASE("the whole preprocessing is the published one") {
  struct Row {
    PictureSize size;
    std::uint64_t hash;
  };
  for (const Row& row :
       {Row{{40, 37}, 0x44a46978dfcf5501ull}, Row{{64, 48}, 0xd937f3b34e79c59aull}}) {
    const auto out = models::preprocess_fundus(picture(row.size, 11), disc(row.size), row.size);
    Bytes bytes;
    for (const float v : out) {
      bytes.push_back(static_cast<std::uint8_t>(std::lround(v * 255.0f)));
      REQUIRE(v == static_cast<float>(bytes.back()) / 255.0f);
    }
    CHECK(hash(bytes) == row.hash);
  }
}

TEST_CASE("an even picture, and a single pixel") {
  const PictureSize one{1, 1};
  for (const float v : models::preprocess_fundus(Bytes{9, 9, 9}, {}, one))
    CHECK((v >= 0.0f && v <= 1.0f));
  CHECK(models::clahe(Bytes(12, 77), {3, 4}).size() == 12);
}

TEST_CASE("sizes that do not fit are refused") {
  const PictureSize size{4, 4};
  CHECK_THROWS_AS(static_cast<void>(models::clahe(Bytes(15), size)), Error);
  CHECK_THROWS_AS(static_cast<void>(models::clahe(Bytes(16), size, 0.0)), Error);
  CHECK_THROWS_AS(static_cast<void>(models::preprocess_fundus(Bytes(16), {}, size)), Error);
  CHECK_THROWS_AS(static_cast<void>(models::preprocess_fundus(Bytes(48), Bytes(15), size)), Error);
  CHECK_THROWS_AS(static_cast<void>(models::preprocess_fundus({}, {}, {0, 0})), Error);
  CHECK_THROWS_AS(static_cast<void>(models::find_field_of_view(Bytes(47), size)), Error);
  CHECK_THROWS_AS(static_cast<void>(models::erode(Bytes(16), size, 0)), Error);
}

TEST_CASE("erosion by a rectangle, as OpenCV's") {
  const PictureSize size{9, 11};
  Bytes mask(99, 0);
  for (std::size_t y = 1; y < 8; ++y)
    for (std::size_t x = 2; x < 11; ++x) mask[y * 11 + x] = !(y == 4 && x == 6);
  const auto text = [&](int k) {
    std::string out;
    for (const std::uint8_t v : models::erode(mask, size, k)) out += v == 0 ? '0' : '1';
    return out;
  };
  CHECK(models::erode(mask, size, 1) == mask);
  CHECK(text(3) ==
        "00000000000"
        "00000000000"
        "00011111111"
        "00011000111"
        "00011000111"
        "00011000111"
        "00011111111"
        "00000000000"
        "00000000000");
  CHECK(text(4) ==
        "00000000000"
        "00000000000"
        "00000000000"
        "00001000011"
        "00001000011"
        "00001000011"
        "00001000011"
        "00000000000"
        "00000000000");
  CHECK(text(9) == std::string(99, '0'));
  CHECK(models::erode(Bytes(99, 1), size, 9) == Bytes(99, 1));
}

TEST_CASE("the field of view: the disc, without specks, holes or rim") {
  const PictureSize size{300, 400};
  Bytes rgb(3 * 120000, 2), inside(120000);
  for (std::int64_t y = 0; y < 300; ++y)
    for (std::int64_t x = 0; x < 400; ++x) {
      const auto i = static_cast<std::size_t>(y * 400 + x);
      const auto d = (y - 150) * (y - 150) + (x - 210) * (x - 210);
      inside[i] = d < 140 * 140;
      if (inside[i] != 0) rgb[3 * i] = 150;
      if (d < 20 * 20) rgb[3 * i] = 4;                      // a dark fovea
      if (y < 12 && x < 20) rgb[3 * i + 1] = 250;           // a label in the corner
      if ((x * 31 + y * 17) % 97 == 0) rgb[3 * i + 2] = 9;  // noise below the threshold
    }
  const auto share = [](const Bytes& mask) {
    return static_cast<double>(std::ranges::count(mask, std::uint8_t{1})) /
           static_cast<double>(mask.size());
  };
  const auto field = models::find_field_of_view(rgb, size);
  CHECK(field.mask == models::erode(inside, size, 3));
  const double area = 3.14159265 * 138.7 * 138.7 / 120000;
  CHECK(std::abs(share(field.mask) - area) < 0.003);
  const auto dark = models::find_field_of_view(Bytes(3 * 120000, 3), size);
  CHECK(share(dark.mask) == 0.0);
}

}  // namespace burin::test
