// Attributes of ops: small structs with named fields, one per family. Axes are d,h,w as far as the
// rank goes (a 2-D op uses the last two); all fields have the default of the field's convention.
#pragma once

#include <array>
#include <cstdint>
#include <variant>
#include <vector>

#include "engine/runtime/random.h"
#include "engine/tensor/dtype.h"
#include "kernels/elementwise/binary.h"
#include "kernels/elementwise/unary.h"
#include "kernels/epilogue.h"

namespace burin {

using kernels::Activation;
using kernels::Binary;
using kernels::Unary;

// conv, conv_transpose. Axes d,h,w; for 2-D the d entries stay 1,1,1,0,0.
struct ConvAttributes {
  std::array<int, 3> kernel{1, 1, 1}, stride{1, 1, 1}, dilation{1, 1, 1}, pad_begin{0, 0, 0},
      pad_end{0, 0, 0}, output_padding{0, 0, 0};
  int groups = 1;
  // In inference only: what is applied to the result, and what that is stored as (f32, bf16).
  Activation activation = Activation::none;
  float slope = 0.01f;
  DType result = DType::f32;
  friend bool operator==(const ConvAttributes&, const ConvAttributes&) = default;
};

// max_pool, average_pool.
struct PoolAttributes {
  std::array<int, 3> kernel{1, 1, 1}, stride{1, 1, 1}, pad_begin{0, 0, 0}, pad_end{0, 0, 0};
  bool count_padding = false;  // average: divide by the full window
  friend bool operator==(const PoolAttributes&, const PoolAttributes&) = default;
};

// dilated_max_pool: any type; the greatest numbers, or where they stand in x (without padding, rows
// first or columns first).
enum class PoolResult { values, places, places_by_column };
struct DilatedPoolAttributes {
  PoolAttributes pool;
  std::array<int, 3> dilation{1, 1, 1};
  PoolResult result = PoolResult::values;
  friend bool operator==(const DilatedPoolAttributes&, const DilatedPoolAttributes&) = default;
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

// resample: what resize does not do. Positions are those of ONNX's Resize; an axis whose size and
// scale say that nothing changes is left alone.
enum class ResampleMode { nearest, linear, cubic };
enum class ResamplePoints {
  half_pixel,
  half_pixel_symmetric,
  pytorch_half_pixel,
  align_corners,
  asymmetric,
  tf_half_pixel_for_nn,
  tf_crop_and_resize
};
enum class ResampleRounding { prefer_floor, prefer_ceil, floor, ceil };
struct ResampleAttributes {
  ResampleMode mode = ResampleMode::nearest;
  ResamplePoints points = ResamplePoints::half_pixel;
  ResampleRounding rounding = ResampleRounding::prefer_floor;
  std::vector<std::int64_t> size;   // per axis
  std::vector<double> scale;        // per axis: result / input, as the positions want it
  std::vector<double> first, last;  // per axis: the part that tf_crop_and_resize reads, 0 to 1
  double cubic = -0.75;             // the constant of Keys's kernel (1981)
  double outside = 0.0;             // tf_crop_and_resize: beyond the image
  bool exclude_outside = false;     // no weight beyond the image; else its edge is repeated
  bool antialias = false;           // kernels grow as the image shrinks
  friend bool operator==(const ResampleAttributes&, const ResampleAttributes&) = default;
};

// relu, leaky_relu, ..., and what add applies to its result.
struct ActivationAttributes {
  Activation activation = Activation::none;
  float slope = 0.01f;
  friend bool operator==(const ActivationAttributes&, const ActivationAttributes&) = default;
};

// linear; in inference only: what is applied to the result, and what that is stored as (f32, bf16).
struct LinearAttributes {
  Activation activation = Activation::none;
  float slope = 0.01f;
  DType result = DType::f32;
  friend bool operator==(const LinearAttributes&, const LinearAttributes&) = default;
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

// What lies outside of the tensor: one value, its last number, the numbers mirrored at that one, or
// those of the other end.
enum class PadMode { constant, edge, reflect, wrap };
struct PadAttributes {
  std::array<std::int64_t, 6> begin{}, end{};  // per axis of the logical shape; negative crops
  double value = 0.0;
  PadMode mode = PadMode::constant;
  friend bool operator==(const PadAttributes&, const PadAttributes&) = default;
};

struct ShapeAttributes {
  std::vector<std::int64_t> shape;
  friend bool operator==(const ShapeAttributes&, const ShapeAttributes&) = default;
};

// y = f(x); a and b as kernels/elementwise/unary.h names them.
struct UnaryAttributes {
  Unary function = Unary::absolute;
  float a = 0.0f, b = 0.0f;
  friend bool operator==(const UnaryAttributes&, const UnaryAttributes&) = default;
};
enum class Predicate { opposite, is_nan, is_infinite, is_positive_infinity, is_negative_infinity };
struct PredicateAttributes {
  Predicate function = Predicate::opposite;
  friend bool operator==(const PredicateAttributes&, const PredicateAttributes&) = default;
};
// y = f(a, b), but for add, subtract and multiply, which are ops of their own.
struct BinaryAttributes {
  Binary function = Binary::divide;
  friend bool operator==(const BinaryAttributes&, const BinaryAttributes&) = default;
};
enum class Comparison { equal, less, less_or_equal, greater, greater_or_equal, both, either, one };
struct ComparisonAttributes {
  Comparison function = Comparison::equal;
  friend bool operator==(const ComparisonAttributes&, const ComparisonAttributes&) = default;
};

// All but sum and mean, which are ops of their own.
enum class Reduction { sum, mean, maximum, minimum, product };
struct ReduceAttributes {
  Reduction function = Reduction::maximum;
  std::vector<int> axes;  // none: all
  bool keep = true;
  friend bool operator==(const ReduceAttributes&, const ReduceAttributes&) = default;
};
struct ArgAttributes {
  int axis = 0;
  bool keep = true;
  bool smallest = false;  // arg_min
  bool last = false;      // which one of equal numbers
  friend bool operator==(const ArgAttributes&, const ArgAttributes&) = default;
};
struct CumulativeAttributes {
  int axis = 0;
  bool exclusive = false, reverse = false;
  friend bool operator==(const CumulativeAttributes&, const CumulativeAttributes&) = default;
};

struct CastAttributes {
  DType type = DType::f32;
  friend bool operator==(const CastAttributes&, const CastAttributes&) = default;
};

// slice_steps: entries first, first + step, .. of each axis; a step may be negative.
struct StepsAttributes {
  std::vector<std::int64_t> first, step, count;
  friend bool operator==(const StepsAttributes&, const StepsAttributes&) = default;
};
// gather_nd: leading axes that both operands share.
struct BatchAttributes {
  int axes = 0;
  friend bool operator==(const BatchAttributes&, const BatchAttributes&) = default;
};
enum class ScatterMode { replace, add, multiply, maximum, minimum };
struct ScatterAttributes {
  int axis = 0;
  ScatterMode mode = ScatterMode::replace;
  friend bool operator==(const ScatterAttributes&, const ScatterAttributes&) = default;
};
struct OneHotAttributes {
  int axis = -1;
  std::int64_t depth = 0;
  friend bool operator==(const OneHotAttributes&, const OneHotAttributes&) = default;
};

// grid_sample: -1 and 1 are the outer edges of the outer pixels, or with align_corners their centres.
enum class GridMode { linear, nearest, cubic };
enum class GridBorder { zeros, edge, reflect };
struct GridAttributes {
  GridMode mode = GridMode::linear;
  GridBorder border = GridBorder::zeros;
  bool align_corners = false;
  friend bool operator==(const GridAttributes&, const GridAttributes&) = default;
};

// top: indices of the `count` greatest or smallest numbers along the axis, in order.
struct TopAttributes {
  int axis = -1;
  std::int64_t count = 1;
  bool smallest = false;
  friend bool operator==(const TopAttributes&, const TopAttributes&) = default;
};
// quantize, dequantize: one scale, or one for each entry of the axis.
struct QuantizeAttributes {
  int axis = 1;
  DType type = DType::u8;  // of the result of quantize: u8 or s8
  friend bool operator==(const QuantizeAttributes&, const QuantizeAttributes&) = default;
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
                 ActivationAttributes, LinearAttributes, ScaleAttributes, AxisAttributes,
                 AxesAttributes, SliceAttributes, PadAttributes, ShapeAttributes, LossAttributes,
                 TransposeAttributes, DropoutAttributes, UnaryAttributes, PredicateAttributes,
                 BinaryAttributes, ComparisonAttributes, ReduceAttributes, ArgAttributes,
                 CumulativeAttributes, CastAttributes, StepsAttributes, BatchAttributes,
                 ScatterAttributes, OneHotAttributes, ResampleAttributes, DilatedPoolAttributes,
                 TopAttributes, QuantizeAttributes, GridAttributes>;

}  // namespace burin
