#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "engine/error.h"
#include "models/field_of_view.h"
#include "models/fundus_synthetic.h"
#include "models/fundus_vessels.h"

namespace burin::test {
namespace {

using models::PictureSize;
using models::SyntheticFundus;

constexpr PictureSize size{256, 384};

// The best dice that any "green below t" reaches inside of the field of view.
double best_threshold_dice(const SyntheticFundus& f) {
  std::array<double, 256> vessel{}, all{};
  double vessels = 0;
  for (std::size_t i = 0; i < f.field.size(); ++i) {
    if (f.field[i] == 0) continue;
    all[f.rgb[3 * i + 1]] += 1;
    vessel[f.rgb[3 * i + 1]] += f.vessels[i];
    vessels += f.vessels[i];
  }
  double best = 0, found = 0, right = 0;
  for (std::size_t t = 0; t < 256; ++t) {
    found += all[t];
    right += vessel[t];
    best = std::max(best, 2 * right / (found + vessels));
  }
  return best;
}

double share(const std::vector<std::uint8_t>& part, const std::vector<std::uint8_t>& of) {
  return static_cast<double>(std::ranges::count(part, std::uint8_t{1})) /
         static_cast<double>(std::ranges::count(of, std::uint8_t{1}));
}

// Mean green of vessels divided by that of pixels 3 to 6 away from any, where both are near.
double contrast(const SyntheticFundus& f) {
  std::vector<std::uint8_t> background(f.vessels.size());
  for (std::size_t i = 0; i < background.size(); ++i) background[i] = f.vessels[i] == 0;
  const auto clear = models::erode(background, f.size, 7),
             near = models::erode(background, f.size, 13);
  double on = 0, on_count = 0, off = 0, off_count = 0;
  for (std::size_t i = 0; i < f.field.size(); ++i) {
    if (f.field[i] == 0) continue;
    const double green = f.rgb[3 * i + 1];
    if (f.vessels[i] != 0) on += green, on_count += 1;
    if (clear[i] != 0 && near[i] == 0) off += green, off_count += 1;
  }
  return on / on_count / (off / off_count);
}

}  // namespace

TEST_CASE("a seed and a number make one picture") {
  const auto a = models::synthesize_fundus(size, 1, 0), b = models::synthesize_fundus(size, 1, 0);
  CHECK(a.rgb == b.rgb);
  CHECK(a.vessels == b.vessels);
  CHECK(a.rgb != models::synthesize_fundus(size, 1, 1).rgb);
  CHECK(a.rgb != models::synthesize_fundus(size, 2, 0).rgb);
}

TEST_CASE("pictures look like photographs of a fundus in numbers") {
  double worst = 0, mean = 0;
  constexpr int count = 12;
  for (std::uint64_t sample = 0; sample < count; ++sample) {
    const auto f = models::synthesize_fundus(size, 3, sample);
    INFO("sample " << sample);
    REQUIRE(f.rgb.size() == 3 * f.field.size());
    // HRF: 6 to 13 % of the field of view are vessels; their green is 0.6 to 0.9 of what is beside.
    CHECK(share(f.vessels, f.field) > 0.05);
    CHECK(share(f.vessels, f.field) < 0.15);
    CHECK(contrast(f) < 0.9);
    CHECK(contrast(f) > 0.5);
    // Red over green over blue, as in all fundus photographs.
    double sums[3] = {0, 0, 0};
    for (std::size_t i = 0; i < f.field.size(); ++i)
      for (std::size_t c = 0; c < 3; ++c) sums[c] += f.field[i] != 0 ? f.rgb[3 * i + c] : 0;
    CHECK(sums[0] > 2 * sums[1]);
    CHECK(sums[1] > 1.3 * sums[2]);
    const double dice = best_threshold_dice(f);
    worst = std::max(worst, dice);
    mean += dice / count;
    // The finder agrees with the truth, but for the rim that it erodes.
    const auto found = models::find_field_of_view(f.rgb, size);
    std::size_t differ = 0;
    for (std::size_t i = 0; i < f.field.size(); ++i) differ += found.mask[i] != f.field[i];
    CHECK(differ < f.field.size() / 50);
  }
  MESSAGE("best global threshold of green: mean dice " << mean << ", largest " << worst);
  CHECK(worst <= 0.60);
  CHECK(mean <= 0.45);
}

TEST_CASE("any size") {
  for (const PictureSize& s : {PictureSize{16, 16}, {64, 64}, {65, 33}, {20, 300}}) {
    const auto f = models::synthesize_fundus(s, 1, 2);
    CHECK(static_cast<std::int64_t>(f.vessels.size()) == s.pixels());
    CHECK(share(f.field, f.field) == 1.0);
    for (std::size_t i = 0; i < f.field.size(); ++i) CHECK(f.vessels[i] <= f.field[i]);
  }
  CHECK_THROWS_AS(static_cast<void>(models::synthesize_fundus({15, 64}, 1, 0)), Error);
  CHECK_THROWS_AS(static_cast<void>(models::synthesize_fundus({64, 8193}, 1, 0)), Error);
}

TEST_CASE("vessels taper, stay out of the fovea and reach all quadrants") {
  for (std::uint64_t sample = 0; sample < 8; ++sample) {
    runtime::RandomSequence random({.seed = 5, .sample = sample});
    const auto plan = models::draw_retina(random);
    const auto pieces = models::grow_vessels(plan, random);
    CHECK(pieces.size() > 1000);
    CHECK(pieces.size() < 40000);
    std::array<double, 4> length{};
    for (const auto& piece : pieces) {
      CHECK(piece.width_to <= piece.width_from);
      CHECK(piece.width_from <= 0.0115);
      const double dx = piece.to.x - plan.macula.x, dy = piece.to.y - plan.macula.y;
      CHECK(std::hypot(dx, dy) > 0.044);
      length[(piece.to.x > plan.disc.x ? 1u : 0u) + (piece.to.y > plan.disc.y ? 2u : 0u)] +=
          std::hypot(piece.to.x - piece.from.x, piece.to.y - piece.from.y);
    }
    for (const double quadrant : length) CHECK(quadrant > 0.2);
  }
}

}  // namespace burin::test
