// report.html: one file that needs no other, with the curves of a training and pictures of what the
// model sees.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "io/image.h"
#include "train/augment.h"
#include "train/predict.h"

namespace burin::train {

// Image, truth, prediction and overlay of one case, side by side.
struct ReportCase {
  std::string title;  // "07: dice 0.801"
  std::vector<Image> pictures;
};

struct Report {
  std::string title;
  std::vector<std::pair<std::string, std::string>> facts;  // shown as a table
  std::vector<nlohmann::json> history;                     // lines of history.jsonl
  std::vector<ReportCase> cases;
};

// Grey or colour picture of the case's image; the truth and the prediction of one class in white on
// black; found right white, missed blue, wrong (also another class) red on the darkened image.
// Truth may be empty (infer).
[[nodiscard]] Image picture_of(const Case& c);
[[nodiscard]] Image picture_of_labels(std::span<const std::uint8_t> labels, std::int64_t height,
                                      std::int64_t width);
[[nodiscard]] Image overlay(const Case& c, std::span<const std::uint8_t> found);

[[nodiscard]] ReportCase report_case(const Case& c, const Prediction& prediction, double threshold,
                                     const std::string& title);

// Atomic. Throws Error.
void write_report(const std::filesystem::path& file, const Report& report);

}  // namespace burin::train
