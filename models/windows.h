// Inference over overlapping windows: a network of fixed patch size on a picture of any size.
//
//   p(pixel) = sum over the windows that hold it of weight * p_window(pixel) / sum of weights
//
// Windows lie on a grid of `stride`; the last of a row or column is moved back so that it ends at
// the border. Where the picture is smaller than the window, its border pixels are repeated. Sums
// are in double, in window order: a network that returns its input gives the picture back exactly,
// and bits depend on nothing but the plan.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "models/picture_size.h"

namespace burin::models {

// constant: all pixels of a window count alike. gaussian: exp(-(d/sigma)^2/2) along each axis, d
// the distance from the window's middle, sigma an eighth of its side.
enum class Blend { constant, gaussian };

struct WindowOptions {
  PictureSize window;
  PictureSize stride;
  Blend blend = Blend::constant;
};

class WindowPlan {
 public:
  // Throws Error for an empty picture or window, or a stride outside 1..window.
  WindowPlan(const PictureSize& picture, const WindowOptions& options);

  struct Corner {
    std::int64_t y, x;
  };
  [[nodiscard]] std::int64_t count() const noexcept;
  [[nodiscard]] Corner at(std::int64_t window) const;  // row by row
  [[nodiscard]] const PictureSize& picture() const noexcept { return picture_; }
  [[nodiscard]] const PictureSize& window() const noexcept { return options_.window; }
  // Weight of pixel (y, x) of a window.
  [[nodiscard]] double weight(std::int64_t y, std::int64_t x) const;

  // Windows [first, first + count) of a picture [height][width][channels], as
  // [count][window height][window width][channels].
  [[nodiscard]] std::vector<float> cut(std::span<const float> picture, std::int64_t channels,
                                       std::int64_t first, std::int64_t count) const;

 private:
  PictureSize picture_;
  WindowOptions options_;
  std::vector<std::int64_t> rows_, columns_;
  std::vector<double> row_weight_, column_weight_;
};

// Takes the windows' results as they come, in order, and keeps sums only.
class WindowSum {
 public:
  // The plan must outlive the sum.
  WindowSum(const WindowPlan& plan, std::int64_t classes);
  // `values` [count][window height][window width][classes] of the next windows.
  void add(std::span<const float> values);
  // [height][width][classes]. Throws Error unless all windows were added.
  [[nodiscard]] std::vector<float> result() const;

 private:
  const WindowPlan& plan_;
  std::int64_t classes_, next_ = 0;
  std::vector<double> sums_, weights_;
};

// From a batch of windows [count][h][w][channels] to [count][h][w][classes].
using WindowModel =
    std::function<std::vector<float>(std::span<const float> windows, std::int64_t count)>;

struct WindowRun {
  std::int64_t channels = 3, classes = 1;
  std::int64_t batch = 8;  // windows for one call of the model
};

// [height][width][classes].
[[nodiscard]] std::vector<float> infer_windows(const WindowPlan& plan,
                                               std::span<const float> picture, const WindowRun& run,
                                               const WindowModel& model);

}  // namespace burin::models
