#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "engine/error.h"
#include "models/fundus_preprocess.h"

namespace burin::models {
namespace {

constexpr int bins = 256;
using Table = std::array<std::uint8_t, bins>;

// Index inside 0..size-1 of a point beyond the end: ... size-2, size-1, size-2, ..., 0, 1, ...
std::int64_t reflected(std::int64_t i, std::int64_t size) {
  if (size == 1) return 0;
  const std::int64_t period = 2 * (size - 1), at = i % period;
  return at < size ? at : period - at;
}

PictureSize extended(const PictureSize& size, int tiles) {
  if (size.height % tiles == 0 && size.width % tiles == 0) return size;
  return {size.height + tiles - size.height % tiles, size.width + tiles - size.width % tiles};
}

std::array<int, bins> histogram(std::span<const std::uint8_t> channel, const PictureSize& size,
                                const PictureSize& tile, int ty, int tx) {
  std::array<int, bins> counts{};
  for (std::int64_t y = ty * tile.height; y < (ty + 1) * tile.height; ++y) {
    const std::int64_t row = reflected(y, size.height) * size.width;
    for (std::int64_t x = tx * tile.width; x < (tx + 1) * tile.width; ++x)
      ++counts[channel[static_cast<std::size_t>(row + reflected(x, size.width))]];
  }
  return counts;
}

// What is above the limit goes to all bins alike; the rest of the division to every `step`th bin.
void clip_counts(std::array<int, bins>& counts, int limit) {
  int excess = 0;
  for (int& count : counts) {
    excess += std::max(0, count - limit);
    count = std::min(count, limit);
  }
  const int each = excess / bins;
  int rest = excess - each * bins;
  for (int& count : counts) count += each;
  if (rest == 0) return;
  const std::size_t step = static_cast<std::size_t>(std::max(bins / rest, 1));
  for (std::size_t i = 0; i < bins && rest > 0; i += step, --rest) ++counts[i];
}

// round() to the nearest, ties to even, and into 0..255.
std::uint8_t rounded(float v) {
  return static_cast<std::uint8_t>(std::clamp(std::nearbyint(v), 0.0f, 255.0f));
}

Table cumulative_table(const std::array<int, bins>& counts, std::int64_t area) {
  const float factor = static_cast<float>(bins - 1) / static_cast<float>(area);
  Table table{};
  int sum = 0;
  for (std::size_t i = 0; i < bins; ++i) {
    sum += counts[i];
    table[i] = rounded(static_cast<float>(sum) * factor);
  }
  return table;
}

// The two tiles around a point of an axis and the weight of the second.
struct Between {
  std::size_t first, second;
  float weight;
};
Between between(std::int64_t at, float inverse_tile, int tiles) {
  const float position = static_cast<float>(at) * inverse_tile - 0.5f;
  const float below = std::floor(position);
  const int first = static_cast<int>(below);
  return {static_cast<std::size_t>(std::max(first, 0)),
          static_cast<std::size_t>(std::min(first + 1, tiles - 1)), position - below};
}

}  // namespace

std::vector<std::uint8_t> clahe(std::span<const std::uint8_t> channel, const PictureSize& size,
                                double clip, int tiles) {
  if (size.height < 1 || size.width < 1 ||
      static_cast<std::int64_t>(channel.size()) != size.pixels())
    throw Error("clahe", std::to_string(size.height) + "x" + std::to_string(size.width) + " pixels",
                std::to_string(channel.size()));
  if (tiles < 1 || !(clip > 0))
    throw Error("clahe", "tiles >= 1 and clip > 0",
                std::to_string(tiles) + " and " + std::to_string(clip));
  const PictureSize all = extended(size, tiles);
  const PictureSize tile{all.height / tiles, all.width / tiles};
  const auto per_side = static_cast<std::size_t>(tiles);
  const int limit = std::max(1, static_cast<int>(clip * static_cast<double>(tile.pixels()) / bins));
  std::vector<Table> tables;
  for (int ty = 0; ty < tiles; ++ty)
    for (int tx = 0; tx < tiles; ++tx) {
      auto counts = histogram(channel, size, tile, ty, tx);
      clip_counts(counts, limit);
      tables.push_back(cumulative_table(counts, tile.pixels()));
    }
  std::vector<Between> columns;
  for (std::int64_t x = 0; x < size.width; ++x)
    columns.push_back(between(x, 1.0f / static_cast<float>(tile.width), tiles));
  std::vector<std::uint8_t> out(channel.size());
  for (std::int64_t y = 0; y < size.height; ++y) {
    const Between row = between(y, 1.0f / static_cast<float>(tile.height), tiles);
    const Table *above = &tables[row.first * per_side], *below = &tables[row.second * per_side];
    for (std::int64_t x = 0; x < size.width; ++x) {
      const auto at = static_cast<std::size_t>(y * size.width + x);
      const auto& [left, right, weight] = columns[static_cast<std::size_t>(x)];
      const auto mixed = [&, w = weight, l = left, r = right](const Table* t) {
        return static_cast<float>(t[l][channel[at]]) * (1.0f - w) +
               static_cast<float>(t[r][channel[at]]) * w;
      };
      out[at] = rounded(mixed(above) * (1.0f - row.weight) + mixed(below) * row.weight);
    }
  }
  return out;
}

}  // namespace burin::models
