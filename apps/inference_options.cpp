#include "apps/inference_options.h"

#include <algorithm>

#include "engine/error.h"

namespace burin::apps {

void add_inference_options(CLI::App& verb, InferenceOptions& options) {
  verb.add_option("--window", options.window, "side of the overlapping windows, pixels")
      ->check(CLI::Range(8, 8192));
  verb.add_option("--stride", options.stride, "step from window to window, pixels (default: half)")
      ->check(CLI::Range(1, 8192));
  verb.add_option("--blend", options.blend, "how windows overlap: constant or gaussian")
      ->check(CLI::IsMember({"constant", "gaussian"}));
  verb.add_flag("--whole", options.whole, "the whole picture at once")->excludes("--window");
  verb.add_flag("--flips", options.flips, "average over the four mirror images")
      ->excludes("--window");
  verb.add_option("--threshold", options.threshold, "probability above which a pixel is found")
      ->check(CLI::Range(0.0, 1.0));
}

train::InferRecipe inference_of(const train::InferRecipe& recipe, const InferenceOptions& options) {
  train::InferRecipe out = recipe;
  if (options.window > 0) {
    out.mode = "window";
    out.window = options.window;
    out.stride = std::max<std::int64_t>(1, options.window / 2);
  }
  if (options.stride > 0) out.stride = options.stride;
  if (!options.blend.empty()) out.blend = options.blend;
  if (options.whole) out.mode = "whole";
  if (options.flips) out.mode = "whole", out.flips = true;
  if (options.threshold >= 0) out.threshold = options.threshold;
  if (out.mode == "window" && out.stride > out.window)
    throw Error("--stride", "at most the window, " + std::to_string(out.window),
                std::to_string(out.stride));
  return out;
}

}  // namespace burin::apps
