// Smooth noise: random numbers at the nodes of a square grid, blended by cubic weights, in octaves
// (Perlin 1985, with values at the nodes).
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "engine/runtime/random.h"

namespace burin::models {

class NoiseField {
 public:
  // `cells` per unit length in the first octave, twice as many and half as strong in each further
  // one. Defined on [-0.75, 0.75] in both directions.
  NoiseField(const runtime::RandomKey& key, double cells, int octaves) {
    const runtime::RandomStream stream(key);
    std::uint64_t next = 0;
    for (int i = 0; i < octaves; ++i, cells *= 2) {
      Octave octave{cells, static_cast<std::int64_t>(std::ceil(1.5 * cells)) + 2, {}};
      octave.nodes.resize(static_cast<std::size_t>(octave.side * octave.side));
      stream.fill_uniform(octave.nodes, -1.0f, 1.0f, next);
      next += octave.nodes.size();
      octaves_.push_back(std::move(octave));
    }
  }

  // Roughly in [-1, 1], mean 0.
  [[nodiscard]] double operator()(double x, double y) const {
    double sum = 0, weight = 1;
    for (const Octave& octave : octaves_) {
      sum += weight * octave.value(x, y);
      weight /= 2;
    }
    return sum;
  }

 private:
  struct Octave {
    double cells;
    std::int64_t side;
    std::vector<float> nodes;

    [[nodiscard]] double value(double x, double y) const {
      const double u = (x + 0.75) * cells, v = (y + 0.75) * cells;
      const double fu = std::floor(u), fv = std::floor(v);
      const double a = smooth(u - fu), b = smooth(v - fv);
      const auto at = static_cast<std::int64_t>(fv) * side + static_cast<std::int64_t>(fu);
      const double top = node(at) + a * (node(at + 1) - node(at));
      const double low = node(at + side) + a * (node(at + side + 1) - node(at + side));
      return top + b * (low - top);
    }
    [[nodiscard]] double node(std::int64_t i) const {
      return static_cast<double>(nodes[static_cast<std::size_t>(i)]);
    }
    static double smooth(double t) { return t * t * (3 - 2 * t); }
  };
  std::vector<Octave> octaves_;
};

}  // namespace burin::models
