// Attributes of ops: small structs with named fields, one per family. Axes are d,h,w as far as the
// rank goes (a 2-D op uses the last two); all fields have the default of the field's convention.
#pragma once

#include <array>
#include <cstdint>
#include <variant>
#include <vector>

#include "engine/runtime/random.h"
#include "kernels/epilogue.h"

namespace burin {

using kernels::Activation;

// conv, conv_transpose. Axes d,h,w; for 2-D the d entries stay 1,1,1,0,0.
struct ConvAttributes {
  std::array<int, 3> kernel{1, 1, 1}, stride{1, 1, 1}, dilation{1, 1, 1}, pad_begin{0, 0, 0},
      pad_end{0, 0, 0}, output_padding{0, 0, 0};
  int groups = 1;
  Activation activation = Activation::none;  // applied to the result; in inference only
  float slope = 0.01f;
  friend bool operator==(const ConvAttributes&, const ConvAttributes&) = default;
};

// max_pool, average_pool.
struct PoolAttributes {
  std::array<int, 3> kernel{1, 1, 1}, stride{1, 1, 1}, pad_begin{0, 0, 0}, pad_end{0, 0, 0};
  bool count_padding = false;  // average: divide by the full window
  friend bool operator==(const PoolAttributes&, const PoolAttributes&) = default;
};

// batch_norm, instance_norm, group_norm. activation is applied to the result.
struct NormAttributes {
  float epsilon = 1e-5f;
  float momentum = 0.1f;  // running = (1 - momentum)*running + momentum*batch; unbiased variance
  int groups = 1;
  Activation activation = Activation::none;
  float slope = 0.01f;
  friend bool operator==(const NormAttributes&, const NormAttributes&) = default;
};

enum class ResizeMode { nearest, bilinear };
enum class ResizeCoordinates { half_pixel, align_corners };
struct ResizeAttributes {
  ResizeMode mode = ResizeMode::nearest;
  ResizeCoordinates coordinates = ResizeCoordinates::half_pixel;
  std::array<std::int64_t, 3> size{0, 0, 0};  // d,h,w of the result; d stays 1 in 2-D
  friend bool operator==(const ResizeAttributes&, const ResizeAttributes&) = default;
};

// relu, leaky_relu, ..., and what add and linear apply to their result (linear in inference only).
struct ActivationAttributes {
  Activation activation = Activation::none;
  float slope = 0.01f;
  friend bool operator==(const ActivationAttributes&, const ActivationAttributes&) = default;
};

struct ScaleAttributes {
  float scale = 1.0f, shift = 0.0f;  // y = scale*x + shift
  friend bool operator==(const ScaleAttributes&, const ScaleAttributes&) = default;
};

// concat (along axis), softmax, log_softmax, glu, sums over axes.
struct AxisAttributes {
  int axis = 1;
  friend bool operator==(const AxisAttributes&, const AxisAttributes&) = default;
};
struct AxesAttributes {
  std::vector<int> axes;
  bool keep = true;
  friend bool operator==(const AxesAttributes&, const AxesAttributes&) = default;
};

struct SliceAttributes {
  int axis = 1;
  std::int64_t first = 0, count = 0;
  friend bool operator==(const SliceAttributes&, const SliceAttributes&) = default;
};

struct TransposeAttributes {
  std::vector<int> order;  // axis i of the result is axis order[i]
  friend bool operator==(const TransposeAttributes&, const TransposeAttributes&) = default;
};

struct DropoutAttributes {
  float rate = 0.5f;  // share of the numbers that become 0
  runtime::RandomKey key;
  friend bool operator==(const DropoutAttributes&, const DropoutAttributes&) = default;
};

struct PadAttributes {
  std::array<std::int64_t, 6> begin{}, end{};  // per axis of the logical shape; negative crops
  float value = 0.0f;
  friend bool operator==(const PadAttributes&, const PadAttributes&) = default;
};

struct ShapeAttributes {
  std::vector<std::int64_t> shape;
  friend bool operator==(const ShapeAttributes&, const ShapeAttributes&) = default;
};

// Losses. Sums are taken over the whole batch together.
struct LossAttributes {
  float smooth = 1.0f;             // dice
  bool from_logits = true;         // dice, bce: the prediction goes through a sigmoid first
  std::vector<float> weights{};    // cross-entropy: one per class, or empty
  std::int64_t ignore_index = -1;  // cross-entropy: target pixels that do not count
  friend bool operator==(const LossAttributes&, const LossAttributes&) = default;
};

using Attributes =
    std::variant<std::monostate, ConvAttributes, PoolAttributes, NormAttributes, ResizeAttributes,
                 ActivationAttributes, ScaleAttributes, AxisAttributes, AxesAttributes,
                 SliceAttributes, PadAttributes, ShapeAttributes, LossAttributes,
                 TransposeAttributes, DropoutAttributes>;

}  // namespace burin
