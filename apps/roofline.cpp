#include "apps/roofline.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>

#include "engine/runtime/peaks.h"
#include "engine/runtime/workers.h"

namespace burin::apps {
namespace {

// Pixels of the page and of the plot inside of it.
constexpr double left = 80, right = 820, top = 60, bottom = 520, keys = 586;
constexpr const char* colours[] = {"#1f77b4", "#d62728", "#2ca02c",
                                   "#9467bd", "#ff7f0e", "#17becf"};
constexpr int labelled = 8;  // nodes that take the most time, by number

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '&')
      out += "&amp;";
    else if (c == '"')
      out += "&quot;";
    else
      out += c;
  }
  return out;
}

std::string trimmed(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.5g", value);
  return text;
}

// A logarithmic axis of whole decades.
struct Axis {
  double low = 1, high = 10, from = 0, to = 1;
  [[nodiscard]] double at(double value) const {
    const double share = std::log10(value / low) / std::log10(high / low);
    return from + (to - from) * std::clamp(share, 0.0, 1.0);
  }
};

Axis axis_over(double least, double most, double from, double to) {
  return {.low = std::pow(10, std::floor(std::log10(least))),
          .high = std::pow(10, std::ceil(std::log10(most))),
          .from = from,
          .to = to};
}

double intensity(const NodeProfile& n) {
  return 2 * static_cast<double>(n.macs) / static_cast<double>(std::max<std::int64_t>(1, n.bytes));
}

class Page {
 public:
  Page(const Roofline& roofs, const Profile& profile) : roofs_(roofs), profile_(profile) {
    for (const NodeProfile& n : profile.nodes)
      if (n.macs > 0 && n.seconds > 0) points_.push_back(&n);
    std::stable_sort(points_.begin(), points_.end(),
                     [](const auto* a, const auto* b) { return a->seconds > b->seconds; });
    double least_x = 1, most_x = 100, least_y = 100, most_y = 100;
    for (const NodeProfile* n : points_) {
      least_x = std::min(least_x, intensity(*n));
      most_x = std::max(most_x, intensity(*n));
      least_y = std::min(least_y, gflops(*n));
      most_y = std::max(most_y, gflops(*n));
    }
    for (const Roof& roof : roofs.multiply) most_y = std::max(most_y, roof.per_second);
    x_ = axis_over(least_x, most_x, left, right);
    y_ = axis_over(least_y, most_y, bottom, top);
  }

  std::string text() {
    out_ =
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"960\" height=\"660\" "
        "viewBox=\"0 0 960 660\" font-family=\"sans-serif\" font-size=\"12\">\n"
        "<rect width=\"960\" height=\"660\" fill=\"white\"/>\n";
    word(left, 24, "start", 16, "black", roofs_.title);
    draw_axes();
    draw_roofs();
    draw_points();
    draw_legend();
    return out_ + "</svg>\n";
  }

 private:
  void word(double x, double y, const char* anchor, int size, const char* colour,
            const std::string& text) {
    char head[200];
    std::snprintf(head, sizeof head,
                  "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" font-size=\"%d\" fill=\"%s\">", x,
                  y, anchor, size, colour);
    out_ += head + escaped(text) + "</text>\n";
  }
  void line(double x1, double y1, double x2, double y2, const char* style) {
    char text[240];
    std::snprintf(text, sizeof text, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" %s/>\n",
                  x1, y1, x2, y2, style);
    out_ += text;
  }

  void draw_axes() {
    constexpr const char* grid = "stroke=\"#e4e4e4\"";
    for (double v = x_.low; v <= x_.high * 1.001; v *= 10) {
      line(x_.at(v), top, x_.at(v), bottom, grid);
      word(x_.at(v), bottom + 18, "middle", 12, "black", trimmed(v));
    }
    for (double v = y_.low; v <= y_.high * 1.001; v *= 10) {
      line(left, y_.at(v), right, y_.at(v), grid);
      word(left - 8, y_.at(v) + 4, "end", 12, "black", trimmed(v));
    }
    line(left, bottom, right, bottom, "stroke=\"black\"");
    line(left, top, left, bottom, "stroke=\"black\"");
    word((left + right) / 2, bottom + 42, "middle", 13, "black",
         "operations per byte read or written (two for a multiply-add of the definition)");
    word(left - 8, top - 14, "start", 13, "black", "GFLOP/s");
  }

  // A slanted roof runs from the left edge up to the highest roof of arithmetic.
  void draw_roofs() {
    double highest = 0;
    for (const Roof& roof : roofs_.multiply) highest = std::max(highest, roof.per_second);
    for (const Roof& roof : roofs_.multiply) {
      line(left, y_.at(roof.per_second), right, y_.at(roof.per_second),
           "stroke=\"#444\" stroke-width=\"1.5\"");
      word(right + 8, y_.at(roof.per_second) - 2, "start", 12, "#222",
           roof.name + " multiply-adds");
      word(right + 8, y_.at(roof.per_second) + 13, "start", 12, "#222",
           trimmed(std::round(roof.per_second)) + " GFLOP/s");
    }
    for (const Roof& roof : roofs_.move) {
      const double first = std::max(x_.low, y_.low / roof.per_second);
      const double last = std::min(x_.high, highest / roof.per_second);
      if (first >= last) continue;
      line(x_.at(first), y_.at(first * roof.per_second), x_.at(last), y_.at(last * roof.per_second),
           "stroke=\"#888\" stroke-dasharray=\"5 4\"");
      const double angle =
          std::atan2(y_.at(first * roof.per_second) - y_.at(last * roof.per_second),
                     x_.at(last) - x_.at(first)) *
          57.29577951308232;  // degrees
      char head[200];
      std::snprintf(head, sizeof head, "<g transform=\"translate(%.1f %.1f) rotate(%.1f)\">",
                    x_.at(first) + 12, y_.at(first * roof.per_second) - 14, -angle);
      out_ += head;
      word(0, 0, "start", 12, "#666", roof.name + " " + trimmed(roof.per_second) + " GB/s");
      out_ += "</g>\n";
    }
  }

  const char* colour_of(const std::string& op) {
    const auto [found, added] = ops_.emplace(op, static_cast<int>(ops_.size()));
    return colours[static_cast<std::size_t>(found->second) % std::size(colours)];
  }

  // Areas follow the share of the time; the largest last, so that none is hidden.
  void draw_points() {
    for (auto n = points_.rbegin(); n != points_.rend(); ++n) {
      const double share = (*n)->seconds / profile_.run_seconds;
      char text[300];
      std::snprintf(text, sizeof text,
                    "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\" fill=\"%s\" fill-opacity=\"0.55\" "
                    "stroke=\"white\"><title>",
                    x_.at(intensity(**n)), y_.at(gflops(**n)), radius(share), colour_of((*n)->op));
      char numbers[120];
      std::snprintf(numbers, sizeof numbers, ": %.3f ms, %.1f %%, %.0f GFLOP/s",
                    (*n)->seconds * 1e3, 100 * share, gflops(**n));
      out_ += text +
              escaped("%" + std::to_string((*n)->node) + " " + (*n)->op + " " + (*n)->layer + " " +
                      (*n)->output + " " + (*n)->kernel + numbers) +
              "</title></circle>\n";
    }
    for (std::size_t i = 0; i < points_.size() && i < labelled; ++i) draw_key(i);
  }

  // A number beside the point, and below the plot what it stands for.
  void draw_key(std::size_t i) {
    const NodeProfile& n = *points_[i];
    const double share = n.seconds / profile_.run_seconds;
    const std::string key = std::to_string(i + 1);
    const double x = x_.at(intensity(n)) + radius(share) + 7;
    double y = y_.at(gflops(n)) + 4;
    while (std::any_of(taken_.begin(), taken_.end(), [&](const std::pair<double, double>& other) {
      return std::abs(other.first - x) < 14 && std::abs(other.second - y) < 12;
    }))
      y += 12;
    taken_.emplace_back(x, y);
    word(x, y, "middle", 12, "#222", key);
    const bool second = i >= labelled / 2;
    word(second ? 500 : left, keys + 17.0 * static_cast<double>(i % (labelled / 2)), "start", 12,
         "#222",
         key + "  " + n.op + " " + (n.layer.empty() ? "%" + std::to_string(n.node) : n.layer) +
             ", " + trimmed(std::round(1000 * share) / 10) + " %");
  }
  static double radius(double share) { return 3 + 40 * std::sqrt(share / 3.14159); }

  void draw_legend() {
    double x = left + 90;
    for (const auto& [op, index] : ops_) {
      char text[160];
      std::snprintf(text, sizeof text, "<circle cx=\"%.1f\" cy=\"42\" r=\"5\" fill=\"%s\"/>\n", x,
                    colours[static_cast<std::size_t>(index) % std::size(colours)]);
      out_ += text;
      word(x + 9, 46, "start", 12, "black", op);
      x += 30 + 7.0 * static_cast<double>(op.size());
    }
    double rest = 0;
    for (const NodeProfile& n : profile_.nodes)
      if (n.macs == 0) rest += n.seconds;
    word(right, 46, "end", 12, "#666",
         "area: share of the time; nodes without multiply-adds: " +
             trimmed(std::round(1000 * rest / profile_.run_seconds) / 10) + " %");
  }

  const Roofline& roofs_;
  const Profile& profile_;
  std::vector<const NodeProfile*> points_;  // the slowest first
  std::map<std::string, int> ops_;
  std::vector<std::pair<double, double>> taken_;  // places of numbers
  Axis x_, y_;
  std::string out_;
};

}  // namespace

Roofline measure_roofline(std::string title) {
  Roofline out{.title = std::move(title)};
  std::map<std::string, double> best;  // by type
  runtime::measure_peaks([&](const runtime::Peak& peak) {
    if (peak.threads != runtime::threads()) return;
    const std::string subject(peak.subject);
    if (peak.kind == runtime::Peak::Kind::multiply_adds && subject != "u8s8")
      best[subject] = std::max(best[subject], peak.per_second);
    if (peak.kind == runtime::Peak::Kind::bandwidth && peak.way == "read" && subject != "L1")
      out.move.push_back({subject, peak.per_second});
  });
  for (const auto& [type, per_second] : best) out.multiply.push_back({type, per_second});
  return out;
}

std::string roofline_svg(const Roofline& roofs, const Profile& profile) {
  return Page(roofs, profile).text();
}

}  // namespace burin::apps
