#include "apps/score_table.h"

#include "apps/output.h"

namespace burin::apps {
namespace {

constexpr std::size_t title_width = 20, cell_width = 10;

std::string padded(const std::string& title) {
  std::string out = title;
  out.resize(std::max(title.size() + 1, title_width), ' ');
  return out;
}

// Right-aligned, a blank before it.
std::string cell(const std::string& text, std::size_t width = cell_width) {
  return std::string(text.size() < width ? width - text.size() : 1, ' ') + text;
}

std::string line_of(const std::string& title, const train::Scores& s) {
  std::string line = padded(title);
  for (const double v : {s.dice, s.iou, s.roc_auc, s.pr_auc, s.sensitivity, s.specificity,
                         s.accuracy, s.field_share})
    line += cell(score(v));
  return line;
}

}  // namespace

nlohmann::json json_of(const train::Scores& s, std::span<const std::string> names) {
  nlohmann::json json{{"dice", number(s.dice)},
                      {"iou", number(s.iou)},
                      {"roc_auc", number(s.roc_auc)},
                      {"pr_auc", number(s.pr_auc)},
                      {"sensitivity", number(s.sensitivity)},
                      {"specificity", number(s.specificity)},
                      {"accuracy", number(s.accuracy)},
                      {"field_share", number(s.field_share)}};
  if (!s.confusion) return json;
  nlohmann::json classes = nlohmann::json::array(), confusion = nlohmann::json::array();
  for (int t = 0; t < s.confusion->classes(); ++t) {
    const train::Scores one = train::scores_of_class(*s.confusion, t);
    classes.push_back({{"name", names[static_cast<std::size_t>(t)]},
                       {"dice", number(one.dice)},
                       {"iou", number(one.iou)},
                       {"sensitivity", number(one.sensitivity)},
                       {"specificity", number(one.specificity)}});
    nlohmann::json row = nlohmann::json::array();
    for (int p = 0; p < s.confusion->classes(); ++p) row.push_back(s.confusion->at(t, p));
    confusion.push_back(std::move(row));
  }
  json["classes"] = std::move(classes);
  json["confusion"] = std::move(confusion);
  return json;
}

std::string score_heading() {
  std::string line = padded("");
  for (const char* name :
       {"dice", "iou", "roc_auc", "pr_auc", "sensitiv.", "specific.", "accuracy", "field"})
    line += cell(name);
  return line;
}

std::string score_lines(const std::string& title, const train::Scores& scores,
                        std::span<const std::string> names) {
  std::string lines = line_of(title, scores);
  if (scores.confusion)
    for (int k = 0; k < scores.confusion->classes(); ++k)
      lines += "\n" + line_of("  " + names[static_cast<std::size_t>(k)],
                              train::scores_of_class(*scores.confusion, k));
  return lines;
}

std::string confusion_lines(const train::ConfusionMatrix& confusion,
                            std::span<const std::string> names) {
  std::string lines = padded("pixels, found as");
  for (const std::string& name : names)
    lines += cell(name, std::max(name.size() + 1, std::size_t{12}));
  for (int t = 0; t < confusion.classes(); ++t) {
    lines += "\n" + padded("  " + names[static_cast<std::size_t>(t)]);
    for (int p = 0; p < confusion.classes(); ++p)
      lines += cell(std::to_string(confusion.at(t, p)),
                    std::max(names[static_cast<std::size_t>(p)].size() + 1, std::size_t{12}));
  }
  return lines;
}

}  // namespace burin::apps
