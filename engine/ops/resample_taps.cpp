#include "engine/ops/resample_taps.h"

#include <algorithm>
#include <cmath>

namespace burin {
namespace {

// Where point o lies in the input.
double position_of(const ResampleAttributes& a, std::size_t axis, double o, double in) {
  const double scale = a.scale[axis], out = static_cast<double>(a.size[axis]);
  const double exact_out = scale * in;  // not rounded
  const double half_pixel = (o + 0.5) / scale - 0.5;
  switch (a.points) {
    case ResamplePoints::half_pixel:
      return half_pixel;
    case ResamplePoints::half_pixel_symmetric:
      return in / 2 * (1 - out / exact_out) + half_pixel;
    case ResamplePoints::pytorch_half_pixel:
      return out > 1 ? half_pixel : 0;
    case ResamplePoints::align_corners:
      return exact_out == 1 ? 0 : o * (in - 1) / (exact_out - 1);
    case ResamplePoints::asymmetric:
      return o / scale;
    case ResamplePoints::tf_half_pixel_for_nn:
      return (o + 0.5) / scale;
    case ResamplePoints::tf_crop_and_resize: {
      const double part = (a.last[axis] - a.first[axis]) * (in - 1);
      const double moved = exact_out == 1 ? part / 2 : o * part / (exact_out - 1);
      return a.first[axis] * (in - 1) + moved;
    }
  }
  return half_pixel;
}

double nearest_to(ResampleRounding rounding, double position) {
  const double below = std::floor(position), above = position - below;
  switch (rounding) {
    case ResampleRounding::prefer_floor:
      return above > 0.5 ? below + 1 : below;
    case ResampleRounding::prefer_ceil:
      return above >= 0.5 ? below + 1 : below;
    case ResampleRounding::floor:
      return below;
    case ResampleRounding::ceil:
      return std::ceil(position);
  }
  return below;
}

// The weight of an entry at distance t, by the triangle or by Keys's cubic.
double kernel(const ResampleAttributes& a, double t) {
  t = std::abs(t);
  if (a.mode == ResampleMode::linear) return std::max(0.0, 1 - t);
  const double c = a.cubic;
  if (t < 1) return ((c + 2) * t - (c + 3)) * t * t + 1;
  if (t < 2) return ((t - 5) * t + 8) * t * c - 4 * c;
  return 0;
}

// Entries around the position; those beyond the image count for its edge or not at all.
void add_weighted(const ResampleAttributes& a, double scale, double position, std::int64_t in,
                  std::vector<ResampleTap>& taps) {
  const double shrink = a.antialias ? std::min(scale, 1.0) : 1.0;
  const double reach = (a.mode == ResampleMode::linear ? 1.0 : 2.0) / shrink;
  const double first = std::ceil(position - reach), last = std::floor(position + reach);
  const std::size_t begin = taps.size();
  const double end = static_cast<double>(in - 1);
  double sum = 0;
  for (double at = first; at <= last; ++at) {
    const double weight = kernel(a, (at - position) * shrink);
    if (weight == 0 || (a.exclude_outside && (at < 0 || at > end))) continue;
    taps.push_back(
        {static_cast<std::int64_t>(std::clamp(at, 0.0, end)), static_cast<float>(weight)});
    sum += weight;
  }
  if (!a.exclude_outside && !a.antialias) return;
  for (std::size_t i = begin; i < taps.size(); ++i)
    taps[i].weight = static_cast<float>(static_cast<double>(taps[i].weight) / sum);
}

}  // namespace

ResampleAxis resample_axis(const ResampleAttributes& a, int axis, std::int64_t in) {
  const auto n = static_cast<std::size_t>(axis);
  const double end = static_cast<double>(in - 1);
  ResampleAxis out{.begin = {0}, .taps = {}};
  for (std::int64_t o = 0; o < a.size[n]; ++o) {
    const double position = position_of(a, n, static_cast<double>(o), static_cast<double>(in));
    const bool crops = a.points == ResamplePoints::tf_crop_and_resize;
    if (crops && !(position >= 0 && position <= end)) {
      // outside: no tap
    } else if (a.mode == ResampleMode::nearest) {
      const double index = std::clamp(nearest_to(a.rounding, position), 0.0, end);
      out.taps.push_back({static_cast<std::int64_t>(index), 1.0f});
    } else {
      add_weighted(a, a.scale[n], position, in, out.taps);
    }
    out.begin.push_back(std::ssize(out.taps));
  }
  return out;
}

ResampleAxis adjoint_of(const ResampleAxis& axis, std::int64_t in) {
  std::vector<std::vector<ResampleTap>> readers(static_cast<std::size_t>(in));
  for (std::int64_t o = 0; o < axis.points(); ++o)
    for (auto i = axis.begin[static_cast<std::size_t>(o)];
         i < axis.begin[static_cast<std::size_t>(o) + 1]; ++i) {
      const ResampleTap& tap = axis.taps[static_cast<std::size_t>(i)];
      readers[static_cast<std::size_t>(tap.index)].push_back({o, tap.weight});
    }
  ResampleAxis out{.begin = {0}, .taps = {}};
  for (const auto& list : readers) {
    out.taps.insert(out.taps.end(), list.begin(), list.end());
    out.begin.push_back(std::ssize(out.taps));
  }
  return out;
}

}  // namespace burin
