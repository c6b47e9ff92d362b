#include "train/resample.h"

#include <algorithm>
#include <cmath>

namespace burin::train {
namespace {

// Sources first..first+weights.size()-1 of one target along one axis.
struct Tap {
  std::int64_t first;
  std::vector<float> weights;
};

std::vector<Tap> taps(std::int64_t from, std::int64_t to) {
  std::vector<Tap> out;
  const double scale = static_cast<double>(from) / static_cast<double>(to);
  for (std::int64_t i = 0; i < to; ++i) {
    Tap tap{};
    if (to <= from) {
      const double begin = static_cast<double>(i) * scale, end = begin + scale;
      tap.first = static_cast<std::int64_t>(begin);
      for (auto s = tap.first; s < from && static_cast<double>(s) < end - 1e-9; ++s) {
        const auto low = static_cast<double>(s);
        tap.weights.push_back(
            static_cast<float>((std::min(end, low + 1) - std::max(begin, low)) / scale));
      }
    } else {
      const double place = (static_cast<double>(i) + 0.5) * scale - 0.5;
      const double low = std::floor(place);
      const auto t = static_cast<float>(place - low);
      const auto a = std::clamp<std::int64_t>(static_cast<std::int64_t>(low), 0, from - 1);
      const auto b = std::clamp<std::int64_t>(static_cast<std::int64_t>(low) + 1, 0, from - 1);
      tap.first = a;
      tap.weights = a == b ? std::vector<float>{1.0f} : std::vector<float>{1 - t, t};
    }
    out.push_back(std::move(tap));
  }
  return out;
}

}  // namespace

Extent scaled_to_width(const Extent& size, std::int64_t width) noexcept {
  if (width <= 0 || size.width <= 0) return size;
  const double scale = static_cast<double>(width) / static_cast<double>(size.width);
  return {std::max<std::int64_t>(1, std::llround(static_cast<double>(size.height) * scale)), width};
}

std::vector<float> resample(std::span<const float> values, const Extent& from, const Extent& to,
                            std::int64_t channels) {
  if (from == to) return {values.begin(), values.end()};
  const auto rows = taps(from.height, to.height), columns = taps(from.width, to.width);
  std::vector<float> out(static_cast<std::size_t>(to.pixels() * channels));
  std::vector<float> line(static_cast<std::size_t>(from.width * channels));
  for (std::int64_t y = 0; y < to.height; ++y) {
    const Tap& row = rows[static_cast<std::size_t>(y)];
    std::fill(line.begin(), line.end(), 0.0f);
    for (std::size_t k = 0; k < row.weights.size(); ++k) {
      const float* source =
          values.data() + (row.first + static_cast<std::int64_t>(k)) * from.width * channels;
      for (std::size_t i = 0; i < line.size(); ++i) line[i] += row.weights[k] * source[i];
    }
    for (std::int64_t x = 0; x < to.width; ++x) {
      const Tap& column = columns[static_cast<std::size_t>(x)];
      for (std::int64_t c = 0; c < channels; ++c) {
        float sum = 0;
        for (std::size_t k = 0; k < column.weights.size(); ++k)
          sum += column.weights[k] *
                 line[static_cast<std::size_t>(
                     (column.first + static_cast<std::int64_t>(k)) * channels + c)];
        out[static_cast<std::size_t>((y * to.width + x) * channels + c)] = sum;
      }
    }
  }
  return out;
}

std::vector<std::uint8_t> resample_mask(std::span<const std::uint8_t> mask, const Extent& from,
                                        const Extent& to) {
  std::vector<float> share(mask.size());
  for (std::size_t i = 0; i < mask.size(); ++i) share[i] = mask[i] ? 1.0f : 0.0f;
  share = resample(share, from, to, 1);
  std::vector<std::uint8_t> out(share.size());
  for (std::size_t i = 0; i < share.size(); ++i) out[i] = share[i] >= 0.5f;
  return out;
}

std::vector<std::uint8_t> resample_classes(std::span<const std::uint8_t> labels, const Extent& from,
                                           const Extent& to, int classes,
                                           std::int64_t ignore_index) {
  std::vector<std::uint8_t> out(static_cast<std::size_t>(to.pixels()), 0);
  std::vector<float> best(out.size(), -1.0f), share(labels.size());
  const auto take = [&](std::int64_t c) {
    for (std::size_t i = 0; i < labels.size(); ++i) share[i] = labels[i] == c ? 1.0f : 0.0f;
    const auto area = resample(share, from, to, 1);
    for (std::size_t i = 0; i < out.size(); ++i)
      if (area[i] > best[i] + 1e-6f) best[i] = area[i], out[i] = static_cast<std::uint8_t>(c);
  };
  for (int c = 0; c < classes; ++c) take(c);
  if (ignore_index >= classes) take(ignore_index);
  return out;
}

}  // namespace burin::train
