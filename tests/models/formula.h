// Weights, images and targets by a hash that reference/networks.py repeats, and plain gradient
// descent on a network.
#pragma once

#include <cmath>
#include <functional>
#include <string_view>
#include <vector>

#include "engine/nn/network.h"

namespace burin::test {

// Uniform numbers in [-1, 1): FNV-1a of the name, then splitmix64 of the index.
inline std::vector<double> hashed(std::string_view name, std::int64_t count) {
  std::uint64_t key = 0xcbf29ce484222325ull;
  for (const char c : name) key = (key ^ static_cast<unsigned char>(c)) * 0x100000001b3ull;
  std::vector<double> out(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < out.size(); ++i) {
    std::uint64_t z = i * 0x9e3779b97f4a7c15ull + key;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    z = z ^ (z >> 31);
    out[i] = static_cast<double>(z >> 40) * 0x1p-23 - 1.0;
  }
  return out;
}

// `gain` multiplies matrices and kernels; 1 keeps the variance of what a layer without activation
// passes on.
inline void set_by_formula(Network& network, double gain = 1.0) {
  for (const NamedParameter& p : network.parameters()) {
    const Tensor& t = p.parameter->value;
    const std::vector<double> numbers = hashed(p.name, t.elements());
    const bool near_one = p.name.ends_with("weight") || p.name.ends_with("running_var");
    const double fan = static_cast<double>(t.elements()) / static_cast<double>(t.shape().batch());
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      const double v = numbers[i];
      t.data()[i] = static_cast<float>(t.shape().rank() > 1 ? v * gain * std::sqrt(3.0 / fan)
                                       : near_one           ? 1.0 + 0.25 * v
                                                            : 0.1 * v);
    }
    t.storage()->bump_version();
  }
}

inline Tensor formula_image(const Shape& shape) {
  std::vector<float> out;
  for (const double v : hashed("image", shape.elements()))
    out.push_back(static_cast<float>(v * 0.5 + 0.5));
  return Tensor::from(shape, out);
}

// Numbers in [-1, 1) for an input of this name.
inline Tensor formula_input(std::string_view name, const Shape& shape) {
  std::vector<float> out;
  for (const double v : hashed(name, shape.elements())) out.push_back(static_cast<float>(v));
  return Tensor::from(shape, out);
}

// Row i is class i modulo their number.
inline Tensor one_hot(std::int64_t count, std::int64_t classes = 10) {
  const Tensor out = Tensor::zeros({count, classes}, DType::f32, Order::row_major);
  for (std::int64_t i = 0; i < count; ++i) out.data()[i * classes + i % classes] = 1;
  return out;
}

// Whole numbers in [0, levels).
inline std::vector<float> formula_target(int levels, const Shape& shape) {
  std::vector<float> out;
  for (const double v : hashed("target", shape.elements()))
    out.push_back(std::floor(static_cast<float>((v * 0.5 + 0.5) * levels)));
  return out;
}

// `count` numbers at equal distances in logical order.
inline std::vector<float> every(const Tensor& tensor, std::size_t count = 24) {
  const std::vector<float> all = tensor.to_vector();
  std::vector<float> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back(all[i * (all.size() / count)]);
  return out;
}

// The loss before each of `steps` steps of plain gradient descent.
inline std::vector<float> descend(Network& network, const Tensor& image,
                                  const std::function<Value(const Value& logits)>& loss, float rate,
                                  int steps) {
  std::vector<float> out;
  const std::vector<NamedParameter> list = network.parameters();
  for (int step = 0; step < steps; ++step) {
    Tape tape(Mode::training);
    const Value value = loss(network.forward(tape.input(image)));
    out.push_back(value.tensor().to_vector()[0]);
    const Gradients gradients = tape.backward(value);
    for (const NamedParameter& p : list) {
      const Tensor& t = p.parameter->value;
      const Tensor& gradient = gradients.of(tape.leaf_of(t));
      if (!gradient) continue;
      const std::vector<float> g = gradient.to_vector();
      for (std::size_t i = 0; i < g.size(); ++i) t.data()[i] -= rate * g[i];
      t.storage()->bump_version();
    }
  }
  return out;
}

}  // namespace burin::test
