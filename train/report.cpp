#include "train/report.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "engine/error.h"
#include "io/atomic_file.h"
#include "train/class_colours.h"
#include "train/curves.h"
#include "train/resample.h"

namespace burin::train {
namespace {

constexpr const char* style = R"(<style>
:root { color-scheme: light dark; --ink: #2b2622; --soft: #857b72; --line: #e3dcd3; --paper: #fbf9f6; }
@media (prefers-color-scheme: dark) { :root { --ink: #eae4dc; --soft: #9c9187; --line: #3a3530; --paper: #1c1a18; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 1080px;
  margin: 2.5rem auto; padding: 0 1.2rem; }
h1 { font-weight: 600; font-size: 1.6rem; border-bottom: 3px solid #b4541a; padding-bottom: .4rem; }
h2 { font-weight: 600; font-size: 1.1rem; margin: 2.2rem 0 .6rem; }
table { border-collapse: collapse; } td { padding: .15rem 1.4rem .15rem 0; vertical-align: top; }
td:first-child { color: var(--soft); }
svg { width: 100%; max-width: 720px; } svg text { font-size: 11px; fill: var(--soft); }
svg .y { text-anchor: end; } svg .x { text-anchor: middle; }
svg .grid { stroke: var(--line); } svg polyline { stroke-width: 1.6; }
.case { display: grid; grid-template-columns: repeat(4, 1fr); gap: .6rem; }
.case figure { margin: 0; } .case img { width: 100%; border-radius: 4px; display: block; }
figcaption, footer { color: var(--soft); font-size: .85rem; } footer { margin-top: 3rem; }
</style>
)";

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string base64(std::span<const std::uint8_t> bytes) {
  constexpr const char* digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t left = bytes.size() - i;
    const std::uint32_t word = std::uint32_t{bytes[i]} << 16 |
                               (left > 1 ? std::uint32_t{bytes[i + 1]} << 8 : 0u) |
                               (left > 2 ? std::uint32_t{bytes[i + 2]} : 0u);
    out += digits[word >> 18];
    out += digits[word >> 12 & 63];
    out += left > 1 ? digits[word >> 6 & 63] : '=';
    out += left > 2 ? digits[word & 63] : '=';
  }
  return out;
}

std::uint8_t byte_of(float v) {
  return static_cast<std::uint8_t>(std::lround(std::clamp(v, 0.0f, 1.0f) * 255.0f));
}

// At most 640 pixels wide.
Image shrunk(const Image& image) {
  const Extent from{image.height, image.width};
  if (image.width <= 640) return image;
  const Extent to = scaled_to_width(from, 640);
  std::vector<float> values(image.data.begin(), image.data.end());
  const auto small = resample(values, from, to, image.channels);
  Image out = make_image(to.width, to.height, image.channels);
  for (std::size_t i = 0; i < small.size(); ++i) out.data[i] = byte_of(small[i] / 255.0f);
  return out;
}

std::string curves_of(const std::vector<nlohmann::json>& history) {
  Curve loss{"loss", "#b4541a", {}}, dice{"validation dice", "#2f6f8f", {}},
      roc{"validation ROC AUC", "#5b8a3c", {}};
  for (const auto& line : history) {
    const double step = line.at("step").get<double>();
    const auto take = [&](const nlohmann::json& from, const char* key, Curve& curve) {
      const auto found = from.find(key);
      if (found != from.end() && found->is_number())
        curve.points.emplace_back(step, found->get<double>());
    };
    take(line, "loss", loss);
    if (line.contains("validation")) {
      take(line["validation"], "dice", dice);
      take(line["validation"], "roc_auc", roc);
    }
  }
  std::string out;
  if (!loss.points.empty()) out += "<h2>Loss</h2>\n" + svg_curves({&loss, 1}, "step");
  const std::vector<Curve> scores = {dice, roc};
  if (!dice.points.empty()) out += "<h2>Validation</h2>\n" + svg_curves(scores, "step");
  return out;
}

std::string case_html(const ReportCase& c) {
  constexpr std::array<const char*, 4> names = {"image", "truth", "prediction",
                                                "overlay: right white, missed blue, wrong red"};
  std::string out = "<h2>" + escaped(c.title) + "</h2>\n<div class=\"case\">\n";
  for (std::size_t i = 0; i < c.pictures.size(); ++i)
    out += "<figure><img alt=\"" + std::string(names[i % 4]) + "\" src=\"data:image/png;base64," +
           base64(encode_png(shrunk(c.pictures[i]), {.level = 6})) + "\"><figcaption>" +
           names[i % 4] + "</figcaption></figure>\n";
  return out + "</div>\n";
}

}  // namespace

Image picture_of(const Case& c) {
  Image out = make_image(c.width, c.height, 3);
  for (std::int64_t i = 0; i < out.pixels(); ++i)
    for (std::int64_t k = 0; k < 3; ++k)
      out.data[static_cast<std::size_t>(i * 3 + k)] =
          byte_of(c.image[static_cast<std::size_t>(i * c.channels + std::min(k, c.channels - 1))]);
  return out;
}

Image picture_of_labels(std::span<const std::uint8_t> labels, std::int64_t height,
                        std::int64_t width) {
  Image out = make_image(width, height, 1);
  const int most = std::max(
      1, static_cast<int>(labels.empty() ? 0 : *std::max_element(labels.begin(), labels.end())));
  for (std::size_t i = 0; i < labels.size(); ++i)
    out.data[i] = static_cast<std::uint8_t>(labels[i] * 255 / most);
  return out;
}

Image overlay(const Case& c, std::span<const std::uint8_t> found) {
  constexpr Colour right = {255, 255, 255}, missed = {70, 130, 255}, wrong = {255, 70, 50};
  Image out = picture_of(c);
  for (std::size_t i = 0; i < found.size(); ++i) {
    const std::uint8_t truth = c.label.empty() ? found[i] : c.label[i];
    const bool inside = c.field.empty() || c.field[i];
    const bool hit = found[i] != 0 && inside;
    for (std::size_t k = 0; k < 3; ++k) {
      std::uint8_t& v = out.data[i * 3 + k];
      if (hit && truth == found[i])
        v = right[k];
      else if (hit)
        v = wrong[k];
      else if (truth != 0 && inside)
        v = missed[k];
      else
        v = static_cast<std::uint8_t>(v * 2 / 3);
    }
  }
  return out;
}

ReportCase report_case(const Case& c, const Prediction& prediction, double threshold,
                       const std::string& title) {
  const auto found = prediction.labels(threshold);
  const auto picture = prediction.classes == 1 ? picture_of_labels : coloured;
  return {title,
          {picture_of(c), picture(c.label, c.height, c.width), picture(found, c.height, c.width),
           overlay(c, found)}};
}

void write_report(const std::filesystem::path& file, const Report& report) {
  std::string html = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n<title>" +
                     escaped(report.title) +
                     "</title>\n<meta name=\"viewport\" content=\"width=device-width\">\n" + style +
                     "</head><body>\n<h1>" + escaped(report.title) + "</h1>\n<table>\n";
  for (const auto& [name, value] : report.facts)
    html += "<tr><td>" + escaped(name) + "</td><td>" + escaped(value) + "</td></tr>\n";
  html += "</table>\n" + curves_of(report.history);
  for (const auto& c : report.cases) html += case_html(c);
  html += "<footer>Written by burin train.</footer>\n</body></html>\n";
  write_file(file, html);
}

}  // namespace burin::train
