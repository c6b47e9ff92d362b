#include "models/field_of_view.h"

#include <algorithm>
#include <array>
#include <string>

#include "engine/error.h"

namespace burin::models {
namespace {

using Mask = std::vector<std::uint8_t>;

void check_size(const char* operation, std::size_t got, std::int64_t wanted,
                const PictureSize& size) {
  if (size.height < 1 || size.width < 1 || static_cast<std::int64_t>(got) != wanted)
    throw Error(operation,
                std::to_string(size.height) + "x" + std::to_string(size.width) + " pixels, " +
                    std::to_string(wanted) + " numbers",
                std::to_string(got));
}

Mask brightness_of(std::span<const std::uint8_t> rgb) {
  Mask out(rgb.size() / 3);
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = std::max({rgb[3 * i], rgb[3 * i + 1], rgb[3 * i + 2]});
  return out;
}

int threshold_of(const Mask& brightness) {
  std::array<std::size_t, 256> counts{};
  for (const std::uint8_t v : brightness) ++counts[v];
  std::size_t below = 0;
  int percentile = 0;
  while ((below += counts[static_cast<std::size_t>(percentile)]) * 100 < brightness.size() * 95)
    ++percentile;
  return std::max(10, percentile / 10);
}

// Marks with `mark` the 4-connected pixels of value `of` reached from `start`; returns their
// number.
std::int64_t flood(Mask& mask, const PictureSize& size, std::int64_t start, std::uint8_t of,
                   std::uint8_t mark, std::vector<std::int64_t>& stack) {
  std::int64_t count = 0;
  const auto visit = [&](std::int64_t i) {
    if (mask[static_cast<std::size_t>(i)] != of) return;
    mask[static_cast<std::size_t>(i)] = mark;
    stack.push_back(i);
  };
  visit(start);
  while (!stack.empty()) {
    const std::int64_t i = stack.back(), x = i % size.width;
    stack.pop_back();
    ++count;
    if (x > 0) visit(i - 1);
    if (x + 1 < size.width) visit(i + 1);
    if (i >= size.width) visit(i - size.width);
    if (i + size.width < size.pixels()) visit(i + size.width);
  }
  return count;
}

// Leaves 1 in the largest component of pixels of value 1, 0 elsewhere.
void keep_largest(Mask& mask, const PictureSize& size) {
  std::vector<std::int64_t> stack;
  std::int64_t best = -1, most = 0;
  for (std::int64_t i = 0; i < size.pixels(); ++i)
    if (mask[static_cast<std::size_t>(i)] == 1)
      if (const std::int64_t count = flood(mask, size, i, 1, 2, stack); count > most) {
        most = count;
        best = i;
      }
  if (best >= 0) flood(mask, size, best, 2, 3, stack);
  for (std::uint8_t& v : mask) v = v == 3;
}

// Zeros that the picture's border does not reach become 1.
void fill_holes(Mask& mask, const PictureSize& size) {
  std::vector<std::int64_t> stack;
  const std::int64_t last_row = (size.height - 1) * size.width;
  for (std::int64_t x = 0; x < size.width; ++x) {
    flood(mask, size, x, 0, 2, stack);
    flood(mask, size, last_row + x, 0, 2, stack);
  }
  for (std::int64_t y = 0; y < size.height; ++y) {
    flood(mask, size, y * size.width, 0, 2, stack);
    flood(mask, size, (y + 1) * size.width - 1, 0, 2, stack);
  }
  for (std::uint8_t& v : mask) v = v != 2;
}

// Erosion along one axis: `count` points `step` apart, for each of `lines` lines.
void erode_lines(const std::uint8_t* in, std::uint8_t* out, std::int64_t lines,
                 std::int64_t line_step, std::int64_t count, std::int64_t step, int k) {
  const std::int64_t before = k / 2, after = k - 1 - before;
  for (std::int64_t line = 0; line < lines; ++line) {
    const std::uint8_t* from = in + line * line_step;
    // The nearest zero to the left of or at i + after decides.
    std::int64_t last_zero = -count - k;
    for (std::int64_t i = 0; i < std::min(after, count); ++i)
      if (from[i * step] == 0) last_zero = i;
    for (std::int64_t i = 0; i < count; ++i) {
      if (i + after < count && from[(i + after) * step] == 0) last_zero = i + after;
      out[line * line_step + i * step] = last_zero < i - before;
    }
  }
}

}  // namespace

std::vector<std::uint8_t> erode(std::span<const std::uint8_t> mask, const PictureSize& size,
                                int k) {
  check_size("erode", mask.size(), size.pixels(), size);
  if (k < 1) throw Error("erode", "a side >= 1", std::to_string(k));
  Mask rows(mask.size()), out(mask.size());
  erode_lines(mask.data(), rows.data(), size.height, size.width, size.width, 1, k);
  erode_lines(rows.data(), out.data(), size.width, 1, size.height, size.width, k);
  return out;
}

FieldOfView find_field_of_view(std::span<const std::uint8_t> rgb, const PictureSize& size) {
  check_size("find_field_of_view", rgb.size(), 3 * size.pixels(), size);
  Mask mask = brightness_of(rgb);
  const int threshold = threshold_of(mask);
  for (std::uint8_t& v : mask) v = v > threshold;
  keep_largest(mask, size);
  fill_holes(mask, size);
  const auto k = std::max<std::int64_t>(3, std::min(size.height, size.width) / 200);
  return {erode(mask, size, static_cast<int>(k))};
}

}  // namespace burin::models
