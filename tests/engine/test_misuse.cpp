// What ops refuse: absent inputs, types, windows; and whose name the Error bears.
#include <doctest/doctest.h>

#include <limits>

#include "engine/error.h"
#include "engine/ops/ops.h"

namespace burin {
namespace {

// The operation that the Error of f names.
template <class F>
std::string refused_by(const F& f) {
  try {
    f();
  } catch (const Error& error) {
    return error.operation();
  }
  return "nobody";
}

}  // namespace

TEST_CASE("absent inputs are refused where an op needs them, scalars where it does not") {
  Tape tape(Mode::training);
  const Value x = tape.input(Tensor::zeros({2, 3, 4, 4})), scalar = tape.input(Tensor::zeros({}));
  const Value weight = tape.input(Tensor::zeros({5, 3, 1, 1}));
  CHECK_THROWS_AS(add(x, Value()), Error);
  CHECK_THROWS_AS(add(Value(), x), Error);
  CHECK_THROWS_AS(relu(Value()), Error);
  CHECK_THROWS_AS(conv(x, Value(), Value(), {}), Error);
  const Value parts[] = {x, Value()};
  CHECK_THROWS_AS(concat(parts), Error);
  CHECK_NOTHROW(conv(x, weight, Value(), {}));
  CHECK_THROWS_AS(conv(x, weight, scalar, {}), Error);
  CHECK_THROWS_AS(instance_norm(x, scalar, Value(), {}), Error);
  const Value row = tape.input(Tensor::zeros({2, 3}));
  CHECK_THROWS_AS(linear(row, tape.input(Tensor::zeros({4, 3})), scalar), Error);
}

TEST_CASE("errors name their op") {
  Tape tape(Mode::training);
  const Value x = tape.input(Tensor::zeros({2, 3}));
  const Value whole = tape.input(Tensor::zeros({2, 3}, DType::i32));
  const Value row = tape.input(Tensor::zeros({1, 3}, DType::i32));
  const int axes[] = {7};
  CHECK(refused_by([&] { add(x, whole); }) == "add");
  CHECK(refused_by([&] { subtract(x, whole); }) == "subtract");
  CHECK(refused_by([&] { multiply(x, row); }) == "multiply");
  CHECK(refused_by([&] { mean(x, axes); }) == "mean");
  CHECK(refused_by([&] { softmax(whole); }) == "softmax");
  CHECK(refused_by([&] { log_softmax(whole); }) == "log_softmax");
  CHECK(refused_by([&] { log_softmax(x, 7); }) == "log_softmax");
}

TEST_CASE("numbers that are not f32 are refused") {
  Tape tape(Mode::training);
  const auto zeros = [&](const Shape& shape, DType type) {
    return tape.input(Tensor::zeros(shape, type));
  };
  const Value x = zeros({2, 3, 4, 4}, DType::f32), matrix = zeros({2, 3}, DType::f32);
  const Value weight = zeros({5, 3, 1, 1}, DType::f32), doubles = zeros({3}, DType::f64);
  CHECK(refused_by([&] { conv(zeros({2, 3, 4, 4}, DType::u8), weight, {}, {}); }) == "conv");
  CHECK(refused_by([&] { conv(x, zeros({5, 3, 1, 1}, DType::f64), {}, {}); }) == "conv");
  CHECK(refused_by([&] { conv(x, weight, zeros({5}, DType::f64), {}); }) == "conv");
  CHECK(refused_by([&] { linear(matrix, zeros({3, 3}, DType::f32), doubles); }) == "linear");
  CHECK(refused_by([&] { matmul(matrix, zeros({3, 2}, DType::i64)); }) == "matmul");
  CHECK(refused_by([&] { max_pool(zeros({1, 1, 4, 4}, DType::u8), {}); }) == "max_pool");
  CHECK(refused_by([&] { group_norm(x, doubles, {}, {}); }) == "group_norm");
  const Value ones = zeros({3}, DType::f32);
  CHECK(refused_by([&] { batch_norm(x, ones, ones, ones, doubles, {}); }) == "batch_norm");
  const Value y = scale(tape.input(Tensor::zeros({2}), true), 2);
  CHECK(refused_by([&] { (void)tape.backward(y, Tensor::zeros({2}, DType::f64)); }) == "backward");
}

TEST_CASE("pool windows of more than 2^24 taps are refused") {
  Tape tape(Mode::shapes);
  const Value x = tape.input(Shape{1, 1, 4097, 4097});
  const auto pool = [&](int h, int w) {
    return average_pool(x, {.kernel = {1, h, w}, .stride = {1, 4096, 4096}});
  };
  CHECK(pool(4096, 4096).shape() == Shape{1, 1, 1, 1});
  CHECK_THROWS_AS(pool(4096, 4097), Error);
  const int most = std::numeric_limits<int>::max();
  const PoolAttributes wide{.kernel = {1, 1, 2}, .pad_begin = {0, 0, 1}, .pad_end = {0, 0, 1}};
  CHECK_THROWS_AS(max_pool(tape.input(Shape{1, 1, 1, most}), wide), Error);
}

}  // namespace burin
