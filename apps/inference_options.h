// Options of verbs that run a model over pictures.
#pragma once

#include <string>

#include "apps/options.h"
#include "train/recipe.h"

namespace burin::apps {

struct InferenceOptions {
  std::int64_t window = 0, stride = 0;  // 0: the recipe's
  std::string blend;                    // empty: the recipe's
  bool whole = false, flips = false, no_flips = false;
  double threshold = -1;  // below 0: the recipe's
};

// --window, --stride, --blend, --whole, --flips, --no-flips, --threshold.
void add_inference_options(CLI::App& verb, InferenceOptions& options);

// The recipe's way of inference, changed by what was given. Throws UsageError for what this way, or
// a network of so many output channels, has no use for, and for a stride beyond the window.
[[nodiscard]] train::InferRecipe inference_of(const train::InferRecipe& recipe,
                                              const InferenceOptions& options,
                                              std::int64_t channels);

}  // namespace burin::apps
