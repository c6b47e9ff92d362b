// The cross-entropy functions of loss.h over xsimd, any level: a vector of pixels at a time,
// channel after channel.
#pragma once

#include "kernels/elementwise/loss.h"
#include "kernels/elementwise/sweep.h"

namespace burin::kernels {
namespace {

template <class Arch, class Words>
struct CrossEntropyLoops : Sweep<Arch, Words> {
  using S = Sweep<Arch, Words>;
  using V = typename S::V;
  using batch = typename S::batch;
  static constexpr int lanes = S::lanes;
  static constexpr int tile_channels = 32;  // channels copied at a time: 32 x 16 floats are 2 KiB

  // v[c][i] = x[p + i][first + c]; pixels beyond `left` repeat the last one.
  struct Tile {
    alignas(64) float v[tile_channels][lanes];

    int fill(In x, Extent e, std::int64_t p, std::int64_t first, int left) {
      const std::int64_t rest = e.channels - first;
      const int count = rest < tile_channels ? static_cast<int>(rest) : tile_channels;
      for (int i = 0; i < lanes; ++i) {
        const float* row = x.data + (p + (i < left ? i : left - 1)) * x.stride + first;
        for (int c = 0; c < count; ++c) v[c][i] = row[c];
      }
      return count;
    }
  };

  // Per pixel: the largest logit and the logarithm of sum(exp(x - largest)).
  struct LogSum {
    batch highest, log_sum;
  };
  static LogSum log_sum(In x, Extent e, std::int64_t p, int left, Tile& tile) {
    LogSum out{batch(0.0f), batch(0.0f)};
    batch sum(0.0f);
    for (std::int64_t first = 0; first < e.channels; first += tile_channels) {
      const int count = tile.fill(x, e, p, first, left);
      batch highest = batch::load_aligned(tile.v[0]);
      for (int c = 1; c < count; ++c) highest = xsimd::max(highest, batch::load_aligned(tile.v[c]));
      if (first > 0) {
        const batch higher = xsimd::max(highest, out.highest);
        sum *= V::exp(out.highest - higher);
        highest = higher;
      }
      for (int c = 0; c < count; ++c) sum += V::exp(batch::load_aligned(tile.v[c]) - highest);
      out.highest = highest;
    }
    out.log_sum = xsimd::log(sum);
    return out;
  }

  static float weight_of(const Classes& classes, std::int64_t t, std::int64_t channels) {
    if (t == classes.ignore || t < 0 || t >= channels) return 0.0f;
    return classes.weights == nullptr ? 1.0f : classes.weights[t];
  }

  [[gnu::flatten]] static CrossEntropySums forward(Extent e, In logits, Classes classes) noexcept {
    CrossEntropySums sums;
    Tile tile;
    S::row(e.pixels, [&](auto p, int left) {
      const LogSum row = log_sum(logits, e, p, left, tile);
      alignas(64) float highest[lanes], log_sum[lanes];
      row.highest.store_aligned(highest);
      row.log_sum.store_aligned(log_sum);
      for (int i = 0; i < lanes && i < left; ++i) {
        const std::int64_t t = classes.target[p + i];
        if (t != classes.ignore && (t < 0 || t >= e.channels)) ++sums.bad;
        const float w = weight_of(classes, t, e.channels);
        if (w == 0) continue;
        const float x = logits.data[(p + i) * logits.stride + t];
        sums.loss += static_cast<double>(w) * static_cast<double>(log_sum[i] + (highest[i] - x));
        sums.weight += static_cast<double>(w);
      }
    });
    return sums;
  }

  [[gnu::flatten]] static void backward(Extent e, In logits, Classes classes, Out dx,
                                        float factor) noexcept {
    Tile tile;
    S::row(e.pixels, [&](auto p, int left) {
      const LogSum row = log_sum(logits, e, p, left, tile);
      alignas(64) float scale[lanes];
      const int count = left < lanes ? left : lanes;
      for (int i = 0; i < lanes; ++i)
        scale[i] = i < count ? factor * weight_of(classes, classes.target[p + i], e.channels) : 0;
      const batch f = batch::load_aligned(scale);
      for (std::int64_t first = 0; first < e.channels; first += tile_channels) {
        const int width = tile.fill(logits, e, p, first, left);
        for (int c = 0; c < width; ++c) {
          const batch share = batch::load_aligned(tile.v[c]) - row.highest - row.log_sum;
          (f * V::exp(share)).store_aligned(tile.v[c]);
        }
        for (int i = 0; i < count; ++i)
          for (int c = 0; c < width; ++c) dx.data[(p + i) * dx.stride + first + c] = tile.v[c][i];
      }
      for (int i = 0; i < count; ++i)
        if (scale[i] != 0) dx.data[(p + i) * dx.stride + classes.target[p + i]] -= scale[i];
    });
  }
};

}  // namespace
}  // namespace burin::kernels
