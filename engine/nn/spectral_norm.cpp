#include "engine/nn/spectral_norm.h"

#include <algorithm>
#include <cmath>

#include "engine/runtime/random.h"

namespace burin {
namespace {

constexpr std::uint32_t use = 0x53000000u;  // key of the random numbers; added to it: the layer
constexpr double epsilon = 1e-12;           // least length that a vector is divided by

// to = from / |from|
void normalize(const Tensor& from, const Tensor& to) {
  double squares = 0;
  for (std::int64_t i = 0; i < from.elements(); ++i)
    squares += static_cast<double>(from.data()[i]) * static_cast<double>(from.data()[i]);
  const double length = std::max(std::sqrt(squares), epsilon);
  for (std::int64_t i = 0; i < from.elements(); ++i)
    to.data()[i] = static_cast<float>(static_cast<double>(from.data()[i]) / length);
  to.storage()->bump_version();
}

// Statistics that no table of a paper counts.
Parameter work_vector(std::int64_t size) {
  return {.value = Tensor::zeros({size}), .trainable = false, .counted = false};
}

// What this call sees of u or v. In training a copy: another call on the same tape moves them.
Value vector_on(Tape& tape, const Parameter& vector, const Shape& shape) {
  const Value whole = tape.training() ? tape.input(vector.value.clone()) : leaf(tape, vector);
  return reshape(whole, shape.sizes());
}

}  // namespace

SpectralNorm::SpectralNorm(const Shape& weight)
    : u(work_vector(weight.batch())), v(work_vector(weight.elements() / weight.batch())) {}

void SpectralNorm::iterate(const Tensor& weight) const {
  const std::int64_t rows = u.value.elements(), columns = v.value.elements();
  Tape tape(Mode::training);  // inference would keep packed copies of W, which changes at each step
  const Value w = tape.input(weight.reshape({rows, columns}));
  normalize(matmul(tape.input(u.value.reshape({1, rows})), w).tensor(), v.value);
  normalize(linear(tape.input(v.value.reshape({1, columns})), w, {}).tensor(), u.value);
}

void SpectralNorm::initialize(const Parameter& weight, std::uint64_t seed,
                              std::uint32_t layer) const {
  const auto count = static_cast<std::size_t>(u.value.elements());
  runtime::RandomStream({.seed = seed, .op = use + layer})
      .fill_normal({u.value.data(), count}, 0.0f, 1.0f);
  normalize(u.value, u.value);
  iterate(weight.value);
}

Value SpectralNorm::operator()(Tape& tape, const Parameter& weight) const {
  if (tape.training()) iterate(weight.value);
  const Value w = leaf(tape, weight);
  const std::int64_t rows = u.value.elements(), columns = v.value.elements();
  const Shape matrix{rows, columns};
  const Value wv = multiply(reshape(w, matrix.sizes()), vector_on(tape, v, {1, columns}));
  const Value sigma = sum(multiply(wv, vector_on(tape, u, {rows, 1})), {}, false);
  return binary(w, sigma, Binary::divide);
}

}  // namespace burin
