// Whole numbers, casts and indices at their limits, and reductions of nothing: by numbers written
// down here.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/error.h"
#include "engine/ops/ops.h"

namespace burin::test {
namespace {

template <class T>
Value list(Tape& tape, std::initializer_list<T> numbers) {
  const Tensor out = Tensor::empty({static_cast<std::int64_t>(numbers.size())}, dtype_of<T>);
  std::copy(numbers.begin(), numbers.end(), out.data<T>());
  return tape.input(out);
}

template <class T>
std::vector<T> numbers_of(const Value& value) {
  const Tensor rows = value.tensor().in_order(Order::row_major);
  return std::vector<T>(rows.data<T>(), rows.data<T>() + rows.elements());
}

constexpr std::int64_t big = (std::int64_t{1} << 62) + 1;  // no f64 has it
constexpr auto low32 = std::numeric_limits<std::int32_t>::min();
constexpr auto high32 = std::numeric_limits<std::int32_t>::max();
using Wide = std::vector<std::int64_t>;
using Whole = std::vector<std::int32_t>;

}  // namespace

TEST_CASE("wide integers keep all their digits") {
  Tape tape(Mode::inference);
  const Value x = list<std::int64_t>(tape, {big, -big, 3}), two = list<std::int64_t>(tape, {2});
  CHECK(numbers_of<std::int64_t>(add(x, list<std::int64_t>(tape, {1}))) ==
        Wide{big + 1, 1 - big, 4});
  CHECK(numbers_of<std::int64_t>(binary(x, two, Binary::divide)) == Wide{big / 2, -big / 2, 1});
  CHECK(numbers_of<std::int64_t>(binary(x, two, Binary::modulo)) == Wide{1, 1, 1});
  CHECK(numbers_of<std::int64_t>(binary(x, two, Binary::remainder)) == Wide{1, -1, 1});
  CHECK(numbers_of<std::int64_t>(unary(x, {.function = Unary::absolute})) == Wide{big, big, 3});
  CHECK(numbers_of<std::int64_t>(gather(x, list<std::int32_t>(tape, {-1, 0}), 0)) == Wide{3, big});
  CHECK(numbers_of<std::int64_t>(sum(x, {}, false)) == Wide{3});
}

TEST_CASE("integers wrap around, and a division by 0 gives 0") {
  Tape tape(Mode::inference);
  const Value x = list<std::int32_t>(tape, {low32, high32, -7});
  const auto with = [&](std::int32_t other, Binary function) {
    return numbers_of<std::int32_t>(binary(x, list<std::int32_t>(tape, {other}), function));
  };
  CHECK(numbers_of<std::int32_t>(add(x, x)) == Whole{0, -2, -14});
  CHECK(with(-1, Binary::divide) == Whole{low32, -high32, 7});
  CHECK(with(0, Binary::divide) == Whole{0, 0, 0});
  CHECK(with(4, Binary::modulo) == Whole{0, 3, 1});
  CHECK(with(-4, Binary::modulo) == Whole{0, -1, -3});
  CHECK(with(3, Binary::power) == Whole{0, high32, -343});
  CHECK(with(-1, Binary::power) == Whole{0, 0, 0});
  CHECK(with(1, Binary::shift_right) == Whole{low32 / 2, high32 / 2, -4});
  CHECK(with(32, Binary::shift_right) == Whole{-1, 0, -1});
  CHECK(with(31, Binary::shift_left) == Whole{0, low32, low32});
}

TEST_CASE("casts cut off towards 0 and hold numbers inside of the range") {
  Tape tape(Mode::inference);
  const Value x = list<float>(tape, {-1.9f, 1.9f, 300.0f, -1e20f, NAN, INFINITY});
  using Bytes = std::vector<std::uint8_t>;
  CHECK(numbers_of<std::uint8_t>(cast(x, DType::u8)) == Bytes{0, 1, 255, 0, 0, 255});
  CHECK(numbers_of<std::int32_t>(cast(x, DType::i32)) == Whole{-1, 1, 300, low32, 0, high32});
  CHECK(numbers_of<bool>(cast(list<float>(tape, {0.0f, 0.5f, NAN}), DType::boolean)) ==
        std::vector<bool>{false, true, true});
  CHECK(numbers_of<std::int64_t>(cast(list<bool>(tape, {true, false}), DType::i64)) == Wide{1, 0});
}

TEST_CASE("indices outside of the axis are refused") {
  Tape tape(Mode::inference);
  const Value x = list<float>(tape, {1, 2, 3});
  for (const std::int64_t index : {std::int64_t{3}, std::int64_t{-4}, big}) {
    const Value at = list<std::int64_t>(tape, {index});
    CHECK_THROWS_AS(gather(x, at, 0), Error);
    CHECK_THROWS_AS(gather_elements(x, at, 0), Error);
    CHECK_THROWS_AS(gather_nd(x, at), Error);
    CHECK_THROWS_AS(scatter_nd(x, reshape(at, Wide{1, 1}), list<float>(tape, {9})), Error);
  }
}

TEST_CASE("reductions and products of nothing") {
  Tape tape(Mode::inference);
  const Value none = tape.input(Tensor::empty({2, 0}));
  const auto reduced = [&](Reduction function) {
    return numbers_of<float>(reduce(none, {.function = function, .axes = {1}, .keep = false}));
  };
  CHECK(reduced(Reduction::maximum) == std::vector<float>{-INFINITY, -INFINITY});
  CHECK(reduced(Reduction::minimum) == std::vector<float>{INFINITY, INFINITY});
  CHECK(reduced(Reduction::product) == std::vector<float>{1, 1});
  const Value stack = tape.input(Tensor::empty({0, 2, 3})),
              matrix = tape.input(Tensor::zeros({3, 4}));
  CHECK(matmul(stack, matrix).shape() == Shape{0, 2, 4});
  CHECK(slice_steps(matrix, {.first = {0, 0}, .step = {1, 1}, .count = {0, 4}}).shape() ==
        Shape{0, 4});
}

TEST_CASE("a not-a-number wins over every number") {
  Tape tape(Mode::inference);
  const Value x = list<float>(tape, {1, NAN, 3}), one = list<float>(tape, {2});
  for (const Binary function : {Binary::maximum, Binary::minimum}) {
    CHECK(std::isnan(numbers_of<float>(binary(x, one, function))[1]));
    CHECK(std::isnan(numbers_of<float>(binary(one, x, function))[1]));
  }
  CHECK(std::isnan(numbers_of<float>(reduce(x, {.function = Reduction::maximum, .axes = {}}))[0]));
  CHECK(numbers_of<std::int64_t>(arg_extreme(x, {.axis = 0})) == Wide{1});
}

}  // namespace burin::test
