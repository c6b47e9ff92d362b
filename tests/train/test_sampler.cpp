// Augmentation and patches: functions of their key, whoever calls them.
#include <doctest/doctest.h>

#include <cmath>

#include "engine/error.h"
#include "train/sampler.h"

using namespace burin::train;

namespace {

// A picture whose pixel (y, x) of channel c says where it is.
Case numbered(std::int64_t height, std::int64_t width) {
  Case c{.id = "numbered", .height = height, .width = width, .channels = 2};
  for (std::int64_t y = 0; y < height; ++y)
    for (std::int64_t x = 0; x < width; ++x) {
      c.image.push_back(static_cast<float>(y) / 256);
      c.image.push_back(static_cast<float>(x) / 256);
      c.label.push_back((x + y) % 7 == 0);
    }
  return c;
}

}  // namespace

TEST_CASE("a patch without motion is a copy; flips and turns move pixels exactly") {
  const Case source = numbered(40, 50);
  for (const std::int64_t size : {8, 9}) {
    const Patch plain = cut_patch(source, 20, 25, size, {});
    const std::int64_t top = 20 - size / 2, left = 25 - size / 2;
    const auto value = [&](const Patch& p, std::int64_t y, std::int64_t x, int c) {
      return p.image[static_cast<std::size_t>((y * size + x) * 2 + c)];
    };
    Motion flip;
    flip.matrix = {1, 0, 0, -1};
    Motion turn;
    turn.matrix = {0, -1, 1, 0};
    const Patch flipped = cut_patch(source, 20, 25, size, flip);
    const Patch turned = cut_patch(source, 20, 25, size, turn);
    for (std::int64_t y = 0; y < size; ++y)
      for (std::int64_t x = 0; x < size; ++x) {
        CHECK(value(plain, y, x, 0) == static_cast<float>(top + y) / 256);
        CHECK(value(plain, y, x, 1) == static_cast<float>(left + x) / 256);
        CHECK(value(flipped, y, x, 1) == value(plain, y, size - 1 - x, 1));
        CHECK(value(turned, y, x, 0) == value(plain, size - 1 - x, y, 0));
        CHECK(value(turned, y, x, 1) == value(plain, size - 1 - x, y, 1));
        CHECK(flipped.label[static_cast<std::size_t>(y * size + x)] ==
              plain.label[static_cast<std::size_t>(y * size + size - 1 - x)]);
      }
  }
}

TEST_CASE("beyond the image: zero, no field, the label asked for") {
  const Case source = numbered(10, 10);
  const Patch patch = cut_patch(source, 5, 5, 32, {}, -1);
  CHECK(patch.label[0] == -1);
  CHECK(patch.field[0] == 0);
  CHECK(patch.image[0] == 0.0f);
  CHECK(patch.field[16 * 32 + 16] == 1);
}

TEST_CASE("rotation by an angle: a linear picture stays linear") {
  const Case source = numbered(80, 80);
  Motion m;
  const double angle = 0.3;
  m.matrix = {std::cos(angle), -std::sin(angle), std::sin(angle), std::cos(angle)};
  const Patch patch = cut_patch(source, 40, 40, 21, m);
  for (std::int64_t y = 0; y < 21; ++y)
    for (std::int64_t x = 0; x < 21; ++x) {
      const double dy = static_cast<double>(y - 10), dx = static_cast<double>(x - 10);
      const double want = (40 + std::cos(angle) * dy - std::sin(angle) * dx) / 256;
      CHECK(patch.image[static_cast<std::size_t>((y * 21 + x) * 2)] ==
            doctest::Approx(want).epsilon(1e-5));
    }
}

TEST_CASE("elastic motion has the deviation of a spline of normal numbers") {
  const Case source = numbered(200, 200);
  const AugmentOptions options{.elastic = 3, .elastic_cell = 16};
  double squares = 0, count = 0;
  for (std::int64_t s = 0; s < 30; ++s) {
    Draws draws = draws_of(1, 0, s, Purpose::motion);
    const Motion m = draw_motion(options, 64, draws);
    const Patch moved = cut_patch(source, 100, 100, 64, m),
                still = cut_patch(source, 100, 100, 64, {});
    for (std::size_t i = 0; i < moved.image.size(); ++i, ++count) {
      const double d = 256 * (moved.image[i] - still.image[i]);
      squares += d * d;
    }
  }
  // Mean of the squared spline weights: (151/315)^2, so the deviation is 0.479 of a node's.
  CHECK(std::sqrt(squares / count) == doctest::Approx(3 * 0.479).epsilon(0.1));
}

TEST_CASE("colouring: formula, clamp, and nothing outside the field") {
  Patch p{.size = 1, .channels = 3, .image = {0.2f, 0.5f, 0.9f}, .label = {0}, .field = {1}};
  Patch q = p;
  q.field = {0};
  Draws draws = draws_of(1, 1, 1, Purpose::noise);
  const Colouring c{
      .brightness = 0.1, .contrast = 1.2, .gamma = 2, .noise = 0, .gain = {1, 0.5, 3, 1}};
  colour_patch(p, c, draws);
  colour_patch(q, c, draws);
  CHECK(p.image[0] == doctest::Approx(std::pow((0.2 + 0.1 - 0.5) * 1.2 + 0.5, 2)));
  CHECK(p.image[1] == doctest::Approx(0.5 * std::pow(0.62, 2)));
  CHECK(p.image[2] == 1.0f);
  CHECK(q.image[0] == 0.2f);
}

TEST_CASE("sampler: share of foreground, field, every case, same patch for the same key") {
  std::vector<Case> cases = {numbered(60, 70), numbered(64, 64)};
  for (auto& c : cases) {
    c.field.assign(c.label.size(), 0);
    for (std::size_t i = c.field.size() / 4; i < c.field.size() / 2; ++i) c.field[i] = 1;
    for (std::size_t i = 0; i < c.label.size(); ++i) c.label[i] = i % 53 == 0;
  }
  const PatchSampler sampler(cases, {.patch = 16, .foreground = 0.5, .seed = 3},
                             {.flip_horizontal = true, .rotate = 30, .brightness = 0.2});
  int foreground = 0, first = 0;
  for (std::int64_t s = 0; s < 1000; ++s) {
    const auto choice = sampler.choose(4, s);
    const Case& c = cases[choice.index];
    CHECK((choice.cy >= 8 && choice.cy <= c.height - 8 && choice.cx >= 8 &&
           choice.cx <= c.width - 8));
    foreground += c.label[static_cast<std::size_t>(choice.cy * c.width + choice.cx)];
    first += choice.index == 0;
  }
  CHECK(first == 500);
  CHECK((foreground > 300 && foreground < 600));
  const Patch a = sampler.draw(4, 17), b = sampler.draw(4, 17), other = sampler.draw(5, 17);
  CHECK(a.image == b.image);
  CHECK(a.label == b.label);
  CHECK(a.image != other.image);
}

TEST_CASE("sampler refuses empty and mismatched cases") {
  std::vector<Case> none;
  CHECK_THROWS_AS(PatchSampler(none, {}, {}), burin::Error);
  std::vector<Case> bad = {numbered(10, 10)};
  bad[0].label.pop_back();
  CHECK_THROWS_AS(PatchSampler(bad, {}, {}), burin::Error);
  bad = {numbered(10, 10)};
  bad[0].field.assign(100, 0);
  CHECK_THROWS_AS(PatchSampler(bad, {}, {}), burin::Error);
}

TEST_CASE("sampler: no patch is centred on a pixel that does not count") {
  Case c = numbered(20, 20);
  for (auto& v : c.label) v = 255;
  c.label[10 * 20 + 10] = 1;
  const std::vector<Case> cases = {c};
  const PatchSampler sampler(cases, {.patch = 8, .foreground = 1, .outside = 255}, {});
  for (int i = 0; i < 20; ++i) {
    const auto choice = sampler.choose(0, i);
    CHECK(choice.cy == 10);
    CHECK(choice.cx == 10);
  }
}
