#include <doctest/doctest.h>

#include <algorithm>

#include "engine/error.h"
#include "models/windows.h"
#include "tests/support/random.h"

namespace burin::test {
namespace {

using models::Blend;
using models::PictureSize;
using models::WindowOptions;
using models::WindowPlan;

struct Case {
  PictureSize picture;
  WindowOptions options;
};

// Pictures larger than, smaller than and as large as the window, single pixels, long strips.
std::vector<Case> cases() {
  std::vector<Case> out;
  for (const Blend blend : {Blend::constant, Blend::gaussian})
    for (const PictureSize picture :
         {PictureSize{1, 1}, {1, 40}, {33, 2}, {16, 12}, {17, 13}, {50, 61}})
      for (const PictureSize stride : {PictureSize{16, 12}, {5, 7}, {1, 12}})
        out.push_back({picture, {{16, 12}, stride, blend}});
  return out;
}

std::vector<float> identity(std::span<const float> windows, std::int64_t) {
  return {windows.begin(), windows.end()};
}

}  // namespace

TEST_CASE("windows cover every pixel, inside the picture, without repeats") {
  for (const auto& [picture, options] : cases()) {
    const WindowPlan plan(picture, options);
    std::vector<int> covered(static_cast<std::size_t>(picture.pixels()), 0);
    for (std::int64_t i = 0; i < plan.count(); ++i) {
      const auto [y, x] = plan.at(i);
      CHECK((y >= 0 && (y == 0 || y + 16 <= picture.height)));
      CHECK((x >= 0 && (x == 0 || x + 12 <= picture.width)));
      if (i > 0) {
        const auto before = plan.at(i - 1);
        CHECK((before.y < y || (before.y == y && before.x < x)));
      }
      for (std::int64_t v = y; v < std::min(y + 16, picture.height); ++v)
        for (std::int64_t u = x; u < std::min(x + 12, picture.width); ++u)
          ++covered[static_cast<std::size_t>(v * picture.width + u)];
    }
    CHECK(std::ranges::min(covered) >= 1);
  }
}

TEST_CASE("a network that returns its input gives the picture back, exactly") {
  Random random(1);
  for (const auto& [picture, options] : cases()) {
    const WindowPlan plan(picture, options);
    const auto numbers = random.reals(static_cast<std::size_t>(picture.pixels() * 3));
    const auto out =
        models::infer_windows(plan, numbers, {.channels = 3, .classes = 3, .batch = 5}, identity);
    CHECK(out == numbers);
  }
}

TEST_CASE("overlaps are averaged by weight") {
  // Two windows of 4 in a strip of 6: pixels 2 and 3 lie in both.
  for (const Blend blend : {Blend::constant, Blend::gaussian}) {
    const WindowPlan plan({1, 6}, {{1, 4}, {1, 2}, blend});
    REQUIRE(plan.count() == 2);
    models::WindowSum sum(plan, 1);
    sum.add(std::vector<float>{1, 1, 1, 1, 3, 3, 3, 3});
    const auto out = sum.result();
    CHECK(out[0] == 1.0f);
    CHECK(out[5] == 3.0f);
    const double a = plan.weight(0, 2), b = plan.weight(0, 0);
    CHECK(out[2] == static_cast<float>((a + 3 * b) / (a + b)));
    if (blend == Blend::constant) CHECK(out[2] == 2.0f);
    if (blend == Blend::gaussian) CHECK(out[2] < 1.1f);  // the first window's middle is nearer
    CHECK(plan.weight(0, 1) == plan.weight(0, 2));
    CHECK(plan.weight(0, 1) >= plan.weight(0, 0));
  }
}

TEST_CASE("beyond a small picture its border is repeated") {
  const WindowPlan plan({2, 2}, {{3, 4}, {3, 4}, Blend::constant});
  CHECK(plan.cut(std::vector<float>{1, 2, 3, 4}, 1, 0, 1) ==
        std::vector<float>{1, 2, 2, 2, 3, 4, 4, 4, 3, 4, 4, 4});
}

TEST_CASE("wrong sizes are refused") {
  const PictureSize window{4, 4};
  CHECK_THROWS_AS(WindowPlan({0, 3}, {window, window, Blend::constant}), Error);
  CHECK_THROWS_AS(WindowPlan({3, 3}, {{0, 4}, window, Blend::constant}), Error);
  CHECK_THROWS_AS(WindowPlan({9, 9}, {window, {5, 4}, Blend::constant}), Error);
  CHECK_THROWS_AS(WindowPlan({9, 9}, {window, {0, 4}, Blend::constant}), Error);
  const WindowPlan plan({5, 4}, {window, window, Blend::constant});
  models::WindowSum sum(plan, 1);
  CHECK_THROWS_AS(sum.add(std::vector<float>(15)), Error);
  CHECK_THROWS_AS(sum.add(std::vector<float>(48)), Error);
  sum.add(std::vector<float>(16));
  CHECK_THROWS_AS(static_cast<void>(sum.result()), Error);
  CHECK_THROWS_AS(static_cast<void>(plan.cut(std::vector<float>(19), 1, 0, 1)), Error);
  CHECK_THROWS_AS(static_cast<void>(plan.cut(std::vector<float>(20), 1, 1, 2)), Error);
}

}  // namespace burin::test
