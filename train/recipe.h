// A recipe: everything that decides a training besides the data, in one TOML file. `visit` names
// every key once; reading, writing and --set walk it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "kernels/precision.h"
#include "train/augment.h"
#include "train/loss.h"
#include "train/optimizer.h"
#include "train/schedule.h"

namespace burin::train {

// 0: the network's own.
struct ModelRecipe {
  std::int64_t classes = 0;  // output channels, background included; 1: of the foreground alone
  std::int64_t width = 0;    // channels of the first level
};

struct DataRecipe {
  std::int64_t width =
      1024;  // images are resized to this width, height in proportion; 0: as they are
  std::string preprocess = "unit";  // "unit": v/255; "fundus": models/fundus_preprocess.h
  double validation = 0.1;          // share of the training images when there is no val folder
};

struct SamplerRecipe {
  std::int64_t patch = 96;        // pixels, square
  double foreground = 0.5;        // share of patches centred on a foreground pixel
  std::int64_t per_epoch = 4000;  // patches
};

[[nodiscard]] kernels::Precision precision_from(std::string_view word);  // throws Error
// Throws Error for bf16 without AMX: it is there for the speed of tiles. Pairs of AVX512_BF16 read
// activations in bf16, which a tape keeps in f32.
void check_precision(kernels::Precision precision);

struct TrainRecipe {
  std::int64_t steps = 1000;        // optimizer steps
  std::int64_t batch = 8;           // patches of one forward pass
  std::int64_t accumulate = 1;      // forward passes of one step
  double clip = 0.0;                // largest gradient norm; 0: no limit
  double ema = 0.0;                 // decay of the averaged weights; 0: none
  std::int64_t validate_every = 0;  // steps; 0: only at the end
  std::int64_t early_stop = 0;      // validations without a gain; 0: never
  double checkpoint_seconds = 60;   // time between checkpoints
  std::int64_t loaders = 1;         // threads that prepare batches
  std::int64_t seed = 1;
  // Of products, forward and backward; weights, activations, moments and sums are f32.
  kernels::Precision precision = kernels::Precision::f32;
};

struct InferRecipe {
  std::string mode = "whole";  // "whole" or "window"
  std::int64_t window = 96, stride = 48;
  std::string blend = "gaussian";  // "constant" or "gaussian"
  bool flips = false;              // average over the four mirror images
  double threshold = 0.5;          // a pixel is foreground above it
};

struct Recipe {
  std::string title;
  std::string network;  // a name of models/
  ModelRecipe model;
  DataRecipe data;
  SamplerRecipe sampler;
  AugmentOptions augment;
  LossOptions loss;
  OptimizerOptions optimizer;
  ScheduleOptions schedule;
  TrainRecipe train;
  InferRecipe infer;
};

// Throws Error{"<origin>:<line>", expected, got} for bad syntax, an unknown key, a wrong type or a
// number out of range.
[[nodiscard]] Recipe parse_recipe(std::string_view text, const std::string& origin);
[[nodiscard]] Recipe read_recipe(const std::filesystem::path& path);

// "train.steps=200": the value is TOML, or a bare word. Throws Error{"--set ...", ...}.
void set_recipe_key(Recipe& recipe, std::string_view assignment);

// Every key, in the order of `visit`; parse_recipe gives the same recipe back.
[[nodiscard]] std::string recipe_text(const Recipe& recipe);

// The first key, in the order of `visit`, whose values differ and can change a bit of a training:
// not title, train.loaders, train.checkpoint_seconds.
struct RecipeDifference {
  std::string key;   // "train.steps"
  std::string a, b;  // TOML
};
[[nodiscard]] std::optional<RecipeDifference> first_difference(const Recipe& a, const Recipe& b);

}  // namespace burin::train
