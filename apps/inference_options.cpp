#include "apps/inference_options.h"

#include <algorithm>

namespace burin::apps {

void add_inference_options(CLI::App& verb, InferenceOptions& options) {
  auto* window = verb.add_option("--window", options.window,
                                 "side of the overlapping windows, pixels; they take no flips")
                     ->check(CLI::Range(8, 8192));
  auto* stride = verb.add_option("--stride", options.stride,
                                 "step from window to window, pixels (default: half of --window, "
                                 "else the recipe's); windows only")
                     ->check(CLI::Range(1, 8192));
  auto* blend = verb.add_option("--blend", options.blend,
                                "how windows overlap: constant or gaussian; windows only")
                    ->check(CLI::IsMember({"constant", "gaussian"}));
  auto* whole = verb.add_flag("--whole", options.whole, "the whole picture at once, no windows");
  auto* flips = verb.add_flag("--flips", options.flips,
                              "average over the four mirror images; whole pictures only");
  auto* no_flips = verb.add_flag("--no-flips", options.no_flips, "the picture as it is, once");
  for (auto* of_windows : {window, stride, blend}) {
    whole->excludes(of_windows);
    flips->excludes(of_windows);
  }
  flips->excludes(no_flips);
  verb.add_option("--threshold", options.threshold,
                  "probability above which a pixel is found; networks of one class only")
      ->check(number_within(0.0, 1.0));
}

train::InferRecipe inference_of(const train::InferRecipe& recipe, const InferenceOptions& options,
                                std::int64_t channels) {
  train::InferRecipe out = recipe;
  if (options.window > 0) {
    out.mode = "window";
    out.window = options.window;
    out.stride = std::max<std::int64_t>(1, options.window / 2);
  }
  if (options.whole) out.mode = "whole";
  if (options.flips || options.no_flips) out.flips = options.flips;
  if (options.stride > 0) out.stride = options.stride;
  if (!options.blend.empty()) out.blend = options.blend;
  if (options.threshold >= 0) out.threshold = options.threshold;

  const bool windows = out.mode == "window";
  if (!windows && (options.stride > 0 || !options.blend.empty()))
    throw UsageError(options.stride > 0 ? "--stride" : "--blend",
                     "--window with it, as this model takes whole pictures", "none");
  if (windows && options.flips)
    throw UsageError("--flips", "--whole with it, as this model takes windows", "none");
  if (options.window > 0 && out.flips)
    throw UsageError("--window", "--no-flips with it, as this model's recipe has flips", "none");
  if (windows && out.flips)
    throw UsageError("infer.flips of this model", "--no-flips, as its infer.mode is window",
                     "no such option");
  if (windows && options.stride > out.window)
    throw UsageError("--stride", "at most the window, " + std::to_string(out.window),
                     std::to_string(options.stride));
  if (options.threshold >= 0 && channels != 1)
    throw UsageError("--threshold", "a network of one class",
                     std::to_string(channels) + " classes, of which the likeliest is taken");
  return out;
}

}  // namespace burin::apps
