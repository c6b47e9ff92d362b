#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "engine/ops/ops.h"

namespace burin {
namespace {

constexpr std::int64_t count = 40'000;

std::vector<float> dropped(float rate, const runtime::RandomKey& key, int before = 0) {
  Tape tape(Mode::training);
  tape.set_random_key(key);
  Value x = tape.input(Tensor::full({1, 4, 100, 100}, 2.0f));
  for (int i = 0; i < before; ++i) x = scale(x, 1.0f);
  return dropout(x, rate).tensor().to_vector();
}

}  // namespace

TEST_CASE("dropout: the share of zeros, and what the rest is divided by") {
  for (const float rate : {0.0f, 0.2f, 0.5f, 0.9f}) {
    const std::vector<float> y = dropped(rate, {.seed = 3});
    const double zeros = static_cast<double>(std::ranges::count(y, 0.0f)) / count;
    CHECK(std::abs(zeros - double(rate)) < 0.01);  // 4 deviations: 0.01 at 40000
    const float kept = 2.0f * (1.0f / (1.0f - rate));
    CHECK(std::ranges::all_of(y, [&](float v) { return v == 0.0f || v == kept; }));
  }
}

TEST_CASE("dropout: seed, step, sample and place in the network decide") {
  const std::vector<float> one = dropped(0.5f, {.seed = 3, .epoch = 1});
  CHECK(dropped(0.5f, {.seed = 3, .epoch = 1}) == one);
  CHECK(dropped(0.5f, {.seed = 4, .epoch = 1}) != one);
  CHECK(dropped(0.5f, {.seed = 3, .epoch = 2}) != one);
  CHECK(dropped(0.5f, {.seed = 3, .epoch = 1, .sample = 1}) != one);
  CHECK(dropped(0.5f, {.seed = 3, .epoch = 1}, 1) != one);
}

TEST_CASE("dropout: nothing happens in inference") {
  Tape tape(Mode::inference);
  const Value x = tape.input(Tensor::full({2, 3}, 2.0f));
  CHECK(dropout(x, 0.5f).tensor().storage() == x.tensor().storage());
}

}  // namespace burin
