#include "models/windows.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "engine/error.h"

namespace burin::models {
namespace {

std::string text(const PictureSize& size) {
  return std::to_string(size.height) + "x" + std::to_string(size.width);
}

std::vector<std::int64_t> starts(std::int64_t size, std::int64_t window, std::int64_t stride) {
  std::vector<std::int64_t> out;
  for (std::int64_t at = 0; at + window < size; at += stride) out.push_back(at);
  out.push_back(std::max<std::int64_t>(0, size - window));
  return out;
}

std::vector<double> weights(std::int64_t side, Blend blend) {
  std::vector<double> out(static_cast<std::size_t>(side), 1.0);
  if (blend == Blend::constant) return out;
  const double middle = static_cast<double>(side - 1) / 2, sigma = static_cast<double>(side) / 8;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const double distance = (static_cast<double>(i) - middle) / sigma;
    // In f32, so that its product with a probability is exact in double.
    out[i] = static_cast<double>(static_cast<float>(std::exp(-distance * distance / 2)));
  }
  return out;
}

}  // namespace

WindowPlan::WindowPlan(const PictureSize& picture, const WindowOptions& options)
    : picture_(picture), options_(options) {
  const auto& [window, stride, blend] = options;
  if (picture.height < 1 || picture.width < 1)
    throw Error("windows", "a picture of at least one pixel", text(picture));
  if (window.height < 1 || window.width < 1)
    throw Error("windows", "a window of at least one pixel", text(window));
  if (stride.height < 1 || stride.width < 1 || stride.height > window.height ||
      stride.width > window.width)
    throw Error("windows", "a stride of 1x1 to " + text(window), text(stride));
  rows_ = starts(picture.height, window.height, stride.height);
  columns_ = starts(picture.width, window.width, stride.width);
  row_weight_ = weights(window.height, blend);
  column_weight_ = weights(window.width, blend);
}

std::int64_t WindowPlan::count() const noexcept {
  return static_cast<std::int64_t>(rows_.size() * columns_.size());
}

WindowPlan::Corner WindowPlan::at(std::int64_t window) const {
  const auto index = static_cast<std::size_t>(window);
  return {rows_[index / columns_.size()], columns_[index % columns_.size()]};
}

double WindowPlan::weight(std::int64_t y, std::int64_t x) const {
  // Rounded to f32 as well: 24 bits times 24 bits fit in a double.
  return static_cast<double>(static_cast<float>(row_weight_[static_cast<std::size_t>(y)] *
                                                column_weight_[static_cast<std::size_t>(x)]));
}

std::vector<float> WindowPlan::cut(std::span<const float> picture, std::int64_t channels,
                                   std::int64_t first, std::int64_t count) const {
  if (channels < 1 || static_cast<std::int64_t>(picture.size()) != picture_.pixels() * channels)
    throw Error(
        "windows",
        "a picture of " + text(picture_) + " with " + std::to_string(channels) + " channels",
        std::to_string(picture.size()) + " numbers");
  if (first < 0 || count < 0 || first + count > this->count())
    throw Error("windows", "windows inside 0.." + std::to_string(this->count()),
                std::to_string(first) + ".." + std::to_string(first + count));
  std::vector<float> out;
  out.reserve(static_cast<std::size_t>(count * window().pixels() * channels));
  for (std::int64_t i = first; i < first + count; ++i) {
    const Corner corner = at(i);
    for (std::int64_t y = corner.y; y < corner.y + window().height; ++y)
      for (std::int64_t x = corner.x; x < corner.x + window().width; ++x) {
        const std::int64_t inside_y = std::min(y, picture_.height - 1);
        const std::int64_t inside_x = std::min(x, picture_.width - 1);
        const float* pixel = picture.data() + (inside_y * picture_.width + inside_x) * channels;
        out.insert(out.end(), pixel, pixel + channels);
      }
  }
  return out;
}

WindowSum::WindowSum(const WindowPlan& plan, std::int64_t classes)
    : plan_(plan),
      classes_(classes),
      sums_(static_cast<std::size_t>(plan.picture().pixels() * classes), 0.0),
      weights_(static_cast<std::size_t>(plan.picture().pixels()), 0.0) {
  if (classes < 1) throw Error("windows", "classes >= 1", std::to_string(classes));
}

void WindowSum::add(std::span<const float> values) {
  const PictureSize &window = plan_.window(), &picture = plan_.picture();
  const std::int64_t size = window.pixels() * classes_;
  const auto count = static_cast<std::int64_t>(values.size()) / size;
  if (static_cast<std::int64_t>(values.size()) != count * size || next_ + count > plan_.count())
    throw Error("windows",
                "results of up to " + std::to_string(plan_.count() - next_) + " windows of " +
                    std::to_string(size) + " numbers",
                std::to_string(values.size()) + " numbers");
  for (std::int64_t i = 0; i < count; ++i) {
    const WindowPlan::Corner corner = plan_.at(next_ + i);
    const std::int64_t height = std::min(window.height, picture.height - corner.y);
    const std::int64_t width = std::min(window.width, picture.width - corner.x);
    for (std::int64_t y = 0; y < height; ++y)
      for (std::int64_t x = 0; x < width; ++x) {
        const double weight = plan_.weight(y, x);
        const std::int64_t pixel = (corner.y + y) * picture.width + corner.x + x;
        const float* from = values.data() + i * size + (y * window.width + x) * classes_;
        double* to = sums_.data() + pixel * classes_;
        for (std::int64_t k = 0; k < classes_; ++k) to[k] += weight * static_cast<double>(from[k]);
        weights_[static_cast<std::size_t>(pixel)] += weight;
      }
  }
  next_ += count;
}

std::vector<float> WindowSum::result() const {
  if (next_ != plan_.count())
    throw Error("windows", std::to_string(plan_.count()) + " windows", std::to_string(next_));
  std::vector<float> out(sums_.size());
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = static_cast<float>(sums_[i] / weights_[i / static_cast<std::size_t>(classes_)]);
  return out;
}

std::vector<float> infer_windows(const WindowPlan& plan, std::span<const float> picture,
                                 const WindowRun& run, const WindowModel& model) {
  if (run.batch < 1) throw Error("windows", "a batch >= 1", std::to_string(run.batch));
  WindowSum sum(plan, run.classes);
  for (std::int64_t first = 0; first < plan.count(); first += run.batch) {
    const std::int64_t count = std::min(run.batch, plan.count() - first);
    sum.add(model(plan.cut(picture, run.channels, first, count), count));
  }
  return sum.result();
}

}  // namespace burin::models
