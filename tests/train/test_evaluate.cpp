// Resampling, prediction, scoring and the report.
#include <doctest/doctest.h>

#include <cmath>
#include <fstream>

#include "tests/train/tiny.h"
#include "train/cases.h"
#include "train/class_colours.h"
#include "train/curves.h"
#include "train/evaluate.h"
#include "train/report.h"

using namespace burin;
using namespace burin::train;

TEST_CASE("resampling: means of areas, linear growth, constants stay") {
  const std::vector<float> row = {0, 1, 2, 3, 4, 5};
  const auto half = resample(row, {1, 6}, {1, 3}, 1);
  CHECK(half == std::vector<float>{0.5f, 2.5f, 4.5f});
  const auto odd = resample(row, {1, 6}, {1, 4}, 1);  // areas of 1.5 pixels
  CHECK(odd[0] == doctest::Approx((0 + 0.5 * 1) / 1.5));
  CHECK(odd[1] == doctest::Approx((0.5 * 1 + 2) / 1.5));
  const auto twice = resample(std::vector<float>{0, 1}, {1, 2}, {1, 4}, 1);
  CHECK(twice == std::vector<float>{0, 0.25f, 0.75f, 1});
  const auto flat = resample(std::vector<float>(5 * 7 * 3, 0.3f), {5, 7}, {11, 3}, 3);
  for (const float v : flat) CHECK(v == doctest::Approx(0.3f));
  CHECK(resample(row, {2, 3}, {2, 3}, 1) == row);
  CHECK(scaled_to_width({2336, 3504}, 1024) == Extent{683, 1024});
  CHECK(scaled_to_width({10, 20}, 0) == Extent{10, 20});
}

TEST_CASE("masks by half of the area, classes by the largest") {
  const std::vector<std::uint8_t> mask = {1, 1, 0, 0, 1, 0, 0, 0};
  CHECK(resample_mask(mask, {2, 4}, {1, 2}) == std::vector<std::uint8_t>{1, 0});
  const std::vector<std::uint8_t> labels = {2, 2, 1, 0, 2, 1, 1, 0};
  CHECK(resample_classes(labels, {2, 4}, {1, 2}, 3) == std::vector<std::uint8_t>{2, 0});
  const std::vector<std::uint8_t> some = {2, 2, 255, 0, 2, 255, 255, 0};
  CHECK(resample_classes(some, {2, 4}, {1, 2}, 3, 255) == std::vector<std::uint8_t>{2, 0});
  const std::vector<std::uint8_t> most = {2, 2, 255, 0, 2, 255, 255, 255};
  CHECK(resample_classes(most, {2, 4}, {1, 2}, 3, 255) == std::vector<std::uint8_t>{2, 255});
}

TEST_CASE("whole-image prediction: any size, mirror images agree with a mirrored picture") {
  test::TinyNetwork network;
  const Case c = test::striped(21, 35, 4);
  const Prediction p = Predictor(network, {})(c);
  CHECK(p.probability.size() == 21 * 35);
  for (const float v : p.probability) CHECK((v > 0 && v < 1));
  Case mirrored = c;
  for (std::int64_t y = 0; y < c.height; ++y)
    for (std::int64_t x = 0; x < c.width; ++x)
      for (std::int64_t k = 0; k < 2; ++k)
        mirrored.image[static_cast<std::size_t>((y * 35 + x) * 2 + k)] =
            c.image[static_cast<std::size_t>((y * 35 + 34 - x) * 2 + k)];
  InferRecipe flips;
  flips.flips = true;
  const Prediction a = Predictor(network, flips)(c), b = Predictor(network, flips)(mirrored);
  for (std::int64_t y = 0; y < c.height; ++y)
    for (std::int64_t x = 0; x < c.width; ++x)
      CHECK(
          a.probability[static_cast<std::size_t>(y * 35 + x)] ==
          doctest::Approx(b.probability[static_cast<std::size_t>(y * 35 + 34 - x)]).epsilon(1e-5));
}

TEST_CASE("windows agree with the whole image away from their borders") {
  test::TinyNetwork network;
  const Case c = test::striped(48, 48, 4);
  InferRecipe windows;
  windows.mode = "window";
  windows.window = 16;
  windows.stride = 4;
  windows.blend = "gaussian";
  const Prediction a = Predictor(network, {})(c), b = Predictor(network, windows)(c);
  REQUIRE(a.probability.size() == b.probability.size());
  double difference = 0;
  for (std::size_t i = 0; i < a.probability.size(); ++i)
    difference += std::abs(static_cast<double>(a.probability[i] - b.probability[i]));
  CHECK(difference / static_cast<double>(a.probability.size()) < 0.02);
}

TEST_CASE("scores per case and pooled") {
  const Prediction good{
      .height = 1, .width = 4, .classes = 1, .probability = {0.9f, 0.8f, 0.1f, 0.2f}};
  const Prediction bad{
      .height = 1, .width = 4, .classes = 1, .probability = {0.9f, 0.1f, 0.8f, 0.2f}};
  const std::vector<std::uint8_t> truth = {1, 1, 0, 0}, field = {1, 1, 1, 0};
  Scorer scorer(1, 0.5);
  CHECK(scorer.add(good, truth, {}).dice == 1.0);
  const Scores second = scorer.add(bad, truth, field);
  CHECK(second.dice == doctest::Approx(0.5));
  CHECK(second.field_share == doctest::Approx(0.75));
  const Scores pooled = scorer.pooled();
  CHECK(pooled.dice == doctest::Approx(2.0 * 3 / (2 * 3 + 1 + 1)));
  CHECK(pooled.field_share == doctest::Approx(7.0 / 8));
  const Prediction classes{
      .height = 1, .width = 2, .classes = 2, .probability = {0.9f, 0.1f, 0.4f, 0.6f}};
  Scorer two(2, 0.5);
  const Scores s = two.add(classes, std::vector<std::uint8_t>{0, 1}, {});
  CHECK(s.dice == 1.0);
  CHECK(std::isnan(s.roc_auc));
  Scorer some(2, 0.5, 255);
  CHECK(some.add(classes, std::vector<std::uint8_t>{255, 1}, {}).accuracy == 1.0);
  CHECK(some.add(classes, std::vector<std::uint8_t>{1, 255}, {}).accuracy == 0.0);
  CHECK(some.pooled().accuracy == 0.5);
}

TEST_CASE("curves: empty, one point, many points") {
  CHECK(svg_curves({}, "step").empty());
  const Curve one{"loss", "#000000", {{1, 0.5}}};
  CHECK(svg_curves({&one, 1}, "step").find("<polyline") != std::string::npos);
  Curve many{"loss", "#000000", {}};
  for (int i = 0; i < 5000; ++i) many.points.emplace_back(i, std::sin(i * 0.01));
  const auto svg = svg_curves({&many, 1}, "step");
  CHECK(svg.size() < 12000);
  CHECK(svg.find("nan") == std::string::npos);
}

TEST_CASE("report: one file without links, with text escaped") {
  const test::TemporaryFolder folder;
  const Case c = test::striped(20, 30, 1);
  const Prediction p{
      .height = 20, .width = 30, .classes = 1, .probability = std::vector<float>(600, 0.7f)};
  Report report{.title = "a <title> & more", .facts = {{"steps", "3"}}, .history = {}, .cases = {}};
  report.history.push_back({{"step", 1}, {"loss", 0.5}});
  report.history.push_back({{"step", 1}, {"validation", {{"dice", 0.5}, {"roc_auc", nullptr}}}});
  report.cases.push_back(report_case(c, p, 0.5, "case"));
  write_report(folder.path() / "report.html", report);
  std::ifstream in(folder.path() / "report.html");
  const std::string html{std::istreambuf_iterator<char>(in), {}};
  CHECK(html.find("a &lt;title&gt; &amp; more") != std::string::npos);
  CHECK(html.find("data:image/png;base64,iVBORw0KGgo") != std::string::npos);
  CHECK(html.find("http") == std::string::npos);
  CHECK(html.find("Validation") != std::string::npos);
}

TEST_CASE("overlay: right white, missed blue, wrong red, nothing outside of the field") {
  Case c{.id = "four", .height = 1, .width = 4, .channels = 3};
  c.image.assign(12, 0.6f);
  c.label = {1, 1, 0, 1};
  c.field = {1, 1, 1, 0};
  const Image image = overlay(c, std::vector<std::uint8_t>{1, 0, 1, 1});
  CHECK(image.data[0] == 255);
  CHECK(image.data[5] == 255);
  CHECK(image.data[6] == 255);
  CHECK(image.data[7] < 100);
  CHECK(image.data[9] == 102);
}

TEST_CASE("classes: PASCAL VOC's colours, a wrong class is red, overlays are half and half") {
  const auto colours = class_colours(256);
  CHECK(colours[0] == Colour{0, 0, 0});
  CHECK(colours[1] == Colour{128, 0, 0});
  CHECK(colours[6] == Colour{0, 128, 128});
  CHECK(colours[8] == Colour{64, 0, 0});
  CHECK(colours[255] == Colour{224, 224, 192});
  const std::vector<std::uint8_t> found = {0, 1, 2};
  CHECK(coloured(found, 1, 3).data == std::vector<std::uint8_t>{0, 0, 0, 128, 0, 0, 0, 128, 0});
  Image grey = make_image(3, 1, 3);
  std::fill(grey.data.begin(), grey.data.end(), std::uint8_t{100});
  CHECK(class_overlay(grey, found).data ==
        std::vector<std::uint8_t>{100, 100, 100, 114, 50, 50, 50, 114, 50});
  Case c{.id = "three", .height = 1, .width = 3, .channels = 3};
  c.image.assign(9, 0.6f);
  c.label = {0, 2, 2};
  const Image image = overlay(c, found);
  CHECK(image.data[0] == 102);
  CHECK(image.data[4] == 70);
  CHECK(image.data[7] == 255);
}
