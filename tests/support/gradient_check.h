// Gradients against central differences, and the adjoint identity of linear ops on whole numbers.
#pragma once

#include <cmath>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "engine/autograd/tape.h"
#include "tests/support/random.h"

namespace burin::test {

// Builds the op under test from leaves of a tape. An absent input stays an empty Value.
using Function = std::function<Value(std::span<const Value> inputs)>;

struct GradientOptions {
  std::vector<bool> wants;  // which inputs are differentiated; empty: all f32 ones
  double tolerance = 1e-2;  // of |numeric - analytic|, as a share of the gradient's size
  int directions = 2;       // random +-1 directions for each input
  int coordinates = 6;      // single numbers of each input
  std::uint64_t seed = 1;
  Precision precision = Precision::f32;
};

struct GradientReport {
  bool good = true;
  double worst = 0;  // largest share, to be compared with the tolerance
  std::string text;  // of the failures
};

struct Derived {
  std::vector<float> output;                  // logical order
  std::vector<std::vector<float>> gradients;  // by input, logical order; empty where not wanted
};

inline bool wanted(const GradientOptions& options, std::span<const Tensor> inputs, std::size_t i) {
  if (!inputs[i] || inputs[i].dtype() != DType::f32) return false;
  return options.wants.empty() || (i < options.wants.size() && options.wants[i]);
}

inline std::vector<Value> leaves(Tape& tape, std::span<const Tensor> inputs,
                                 const GradientOptions& options) {
  std::vector<Value> values;
  for (std::size_t i = 0; i < inputs.size(); ++i)
    values.push_back(inputs[i] ? tape.input(inputs[i], wanted(options, inputs, i)) : Value());
  return values;
}

// Output of f, and with a projection (logical order, as many numbers as the output) the gradients
// of <projection, f>.
inline Derived derive(const Function& f, std::span<const Tensor> inputs,
                      const GradientOptions& options, const std::vector<float>* projection) {
  Tape tape(Mode::training);
  tape.set_precision(options.precision);
  const std::vector<Value> values = leaves(tape, inputs, options);
  const Value y = f(values);
  Derived out;
  out.output = y.tensor().to_vector();
  if (projection == nullptr) return out;
  const Gradients gradients = tape.backward(y, Tensor::from(y.shape(), *projection));
  for (const Value& value : values) {
    const bool got = value && gradients.of(value);
    out.gradients.push_back(got ? gradients.of(value).to_vector() : std::vector<float>());
  }
  return out;
}

inline double dot(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += double(a[i]) * double(b[i]);
  return sum;
}

// d/ds <projection, f(x + s*direction)> at 0, input `which`, by central differences in double over
// f32 results.
inline double central_difference(const Function& f, std::vector<Tensor> inputs, std::size_t which,
                                 std::span<const float> direction,
                                 const std::vector<float>& projection, double step) {
  const std::vector<float> at = inputs[which].to_vector();
  const Shape shape = inputs[which].shape();
  double value[2] = {0, 0};
  for (int side = 0; side < 2; ++side) {
    std::vector<float> moved(at);
    const double s = side == 0 ? step : -step;
    for (std::size_t i = 0; i < moved.size(); ++i)
      moved[i] = static_cast<float>(double(at[i]) + s * double(direction[i]));
    inputs[which] = Tensor::from(shape, moved);
    value[side] = dot(derive(f, inputs, {}, nullptr).output, projection);
  }
  return (value[0] - value[1]) / (2 * step);
}

// The share by which `analytic` misses the best of three steps: rounding spoils small ones, kinks
// (relu, max) large ones.
inline double miss(const Function& f, std::span<const Tensor> inputs, std::size_t which,
                   std::span<const float> direction, const std::vector<float>& projection,
                   double analytic, double size) {
  double best = INFINITY;
  for (const double step : {1e-2, 3e-3, 1e-3}) {
    const double numeric =
        central_difference({f}, {inputs.begin(), inputs.end()}, which, direction, projection, step);
    best = std::min(best, std::abs(numeric - analytic) / size);
    if (best < 1e-3) break;
  }
  return best;
}

// Checks the gradient of <random projection, f(inputs)> for every wanted input along random
// directions and at single numbers.
inline GradientReport check_gradient(const Function& f, std::span<const Tensor> inputs,
                                     const GradientOptions& options = {}) {
  Random random(options.seed);
  GradientReport report;
  const std::vector<float> projection =
      random.reals(derive(f, inputs, options, nullptr).output.size());
  const Derived derived = derive(f, inputs, options, &projection);
  for (std::size_t which = 0; which < inputs.size(); ++which) {
    if (!wanted(options, inputs, which)) continue;
    const std::vector<float>& gradient = derived.gradients[which];
    const auto count = static_cast<std::size_t>(inputs[which].elements());
    if (gradient.size() != count) {
      report = {false, INFINITY,
                report.text + "input " + std::to_string(which) + ": no gradient\n"};
      continue;
    }
    const double norm = std::sqrt(dot(gradient, gradient)) + 1e-3;
    for (int trial = 0; trial < options.directions + options.coordinates; ++trial) {
      const bool single = trial >= options.directions;
      std::vector<float> direction(count, 0.0f);
      if (single)
        direction[random.bits() % count] = 1.0f;
      else
        for (float& d : direction) d = random.integer(0, 1) == 0 ? -1.0f : 1.0f;
      // A single number is compared with the size of a typical one, a direction with the whole
      // gradient.
      const double size = single ? norm / std::sqrt(double(count)) + 1e-2 * norm : norm;
      const double analytic = dot(gradient, direction);
      const double share = miss(f, inputs, which, direction, projection, analytic, size);
      report.worst = std::max(report.worst, share);
      if (share <= options.tolerance) continue;
      report.good = false;
      report.text += "input " + std::to_string(which) + (single ? ", one number" : ", direction") +
                     ": misses by " + std::to_string(share) + "\n";
    }
  }
  return report;
}

// |<f(x), y> - <x, df(x)^T y>| for an op that is linear in input `which` (other additive inputs
// absent or zero). With whole numbers small enough that every sum is exact in f32, the result is
// exactly 0.
inline double adjoint_gap(const Function& f, std::span<const Tensor> inputs, std::size_t which,
                          std::uint64_t seed = 1) {
  Random random(seed);
  GradientOptions options;
  options.wants.assign(inputs.size(), false);
  options.wants[which] = true;
  const std::vector<float> y =
      random.integers(derive(f, inputs, options, nullptr).output.size(), 3);
  const Derived derived = derive(f, inputs, options, &y);
  return std::abs(dot(derived.output, y) -
                  dot(inputs[which].to_vector(), derived.gradients[which]));
}

}  // namespace burin::test
