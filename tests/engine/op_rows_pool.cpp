// Rows of pooling and resize.
#include "engine/ops/ops.h"
#include "tests/engine/op_rows.h"

namespace burin::test {
namespace {

using Values = std::span<const Value>;

auto pooled(bool max, const PoolAttributes& a) {
  return [max, a](auto v) { return max ? max_pool(v[0], a) : average_pool(v[0], a); };
}

// All different, at least 0.05 apart, so that no step of the gradient check changes a maximum.
Tensor distinct(std::size_t, const Shape& shape, Random& random) {
  std::vector<float> numbers(static_cast<std::size_t>(shape.elements()));
  for (std::size_t i = 0; i < numbers.size(); ++i)
    numbers[i] = 0.05f * static_cast<float>(i) - 0.02f * static_cast<float>(numbers.size());
  for (std::size_t i = numbers.size(); i > 1; --i)
    std::swap(numbers[i - 1], numbers[random.bits() % i]);
  return Tensor::from(shape, numbers);
}

const PoolAttributes two{.kernel = {1, 2, 2}, .stride = {1, 2, 2}};
const PoolAttributes overlapping{
    .kernel = {1, 3, 2}, .stride = {1, 2, 1}, .pad_begin = {0, 1, 1}, .pad_end = {0, 2, 0}};
const PoolAttributes cube{.kernel = {2, 2, 2}, .stride = {2, 2, 2}};
const PoolAttributes padded{.kernel = {1, 4, 2},
                            .stride = {1, 1, 2},
                            .pad_begin = {0, 3, 1},
                            .pad_end = {0, 1, 1},
                            .count_padding = true};

const RegisterRows pools{{
    {.op = "max_pool",
     .what = "2x2",
     .inputs = {Shape{2, 3, 6, 5}},
     .run = pooled(true, two),
     .bad = {{Shape{2, 3, 1, 5}}, {Shape{2, 3}}},
     .make = distinct},
    {.op = "max_pool",
     .what = "overlapping, padded",
     .inputs = {Shape{1, 17, 5, 4}},
     .run = pooled(true, overlapping),
     .make = distinct},
    {.op = "max_pool",
     .what = "2x2x2",
     .inputs = {Shape{1, 5, 4, 5, 4}},
     .run = pooled(true, cube),
     .make = distinct},
    {.op = "average_pool",
     .what = "2x2",
     .inputs = {Shape{2, 3, 6, 5}},
     .run = pooled(false, two),
     .linear = 0,
     .bad = {{Shape{2, 3, 5, 1}}}},
    {.op = "average_pool",
     .what = "overlapping, padded",
     .inputs = {Shape{1, 17, 5, 4}},
     .run = pooled(false, overlapping)},
    {.op = "average_pool",
     .what = "padding counted",
     .inputs = {Shape{2, 4, 5, 4}},
     .run = pooled(false, padded),
     .linear = 0},
    {.op = "average_pool",
     .what = "2x2x2",
     .inputs = {Shape{2, 9, 4, 2, 6}},
     .run = pooled(false, cube),
     .linear = 0},
    {.op = "global_average_pool",
     .what = "64 x 32 pixels",
     .inputs = {Shape{2, 3, 64, 32}},
     .run = [](auto v) { return global_average_pool(v[0]); },
     .linear = 0,
     .bad = {{Shape{2, 3}}}},
}};

auto resized(ResizeMode mode, ResizeCoordinates coordinates, std::array<std::int64_t, 3> size) {
  return [=](auto v) { return resize(v[0], {mode, coordinates, size}); };
}

const RegisterRows resizes{{
    {.op = "resize",
     .what = "bilinear x2",
     .inputs = {Shape{2, 19, 3, 4}},
     .run = resized(ResizeMode::bilinear, ResizeCoordinates::half_pixel, {1, 6, 8}),
     .linear = 0,
     .bad = {{Shape{2, 3}}}},
    {.op = "resize",
     .what = "bilinear, odd sizes",
     .inputs = {Shape{1, 3, 7, 4}},
     .run = resized(ResizeMode::bilinear, ResizeCoordinates::half_pixel, {1, 5, 9})},
    {.op = "resize",
     .what = "align corners",
     .inputs = {Shape{1, 4, 3, 3}},
     .run = resized(ResizeMode::bilinear, ResizeCoordinates::align_corners, {1, 5, 9}),
     .linear = 0},
    {.op = "resize",
     .what = "nearest",
     .inputs = {Shape{2, 5, 3, 8}},
     .run = resized(ResizeMode::nearest, ResizeCoordinates::half_pixel, {1, 7, 3}),
     .linear = 0},
    {.op = "resize",
     .what = "trilinear x2",
     .inputs = {Shape{1, 8, 2, 3, 2}},
     .run = resized(ResizeMode::bilinear, ResizeCoordinates::half_pixel, {4, 6, 4}),
     .linear = 0},
}};

Value resampled(Values v, ResampleAttributes a) {
  const Shape& x = v[0].shape();
  for (int axis = 0; axis < x.rank(); ++axis)
    a.scale.push_back(static_cast<double>(a.size[static_cast<std::size_t>(axis)]) /
                      static_cast<double>(x[axis]));
  return resample(v[0], a);
}

const RegisterRows dilated{
    {.op = "dilated_max_pool",
     .what = "of u8, the places",
     .inputs = {Shape{2, 3, 6, 7}},
     .run =
         [](Values v) {
           const PoolAttributes pool{
               .kernel = {1, 2, 3}, .stride = {1, 2, 1}, .pad_begin = {0, 1, 1}};
           return dilated_max_pool(cast(scale(v[0], 99.0f, 99.0f), DType::u8),
                                   {pool, {1, 2, 2}, PoolResult::places});
         },
     .differentiable = false,
     .bad = {{Shape{2, 3, 1, 7}}}},
    {.op = "dilated_max_pool",
     .what = "without dilation, as max_pool",
     .inputs = {Shape{2, 3, 6, 7}},
     .run =
         [](Values v) {
           const PoolAttributes pool{
               .kernel = {1, 3, 2}, .stride = {1, 1, 2}, .pad_end = {0, 2, 1}};
           return subtract(dilated_max_pool(v[0], {.pool = pool}), max_pool(v[0], pool));
         },
     .differentiable = false},
};

const RegisterRows grids{
    {.op = "grid_sample",
     .what = "linear, beside the image too",
     .inputs = {Shape{2, 3, 5, 6}, Shape{2, 4, 3, 2}},
     .run = [](Values v) { return grid_sample(v[0], scale(v[1], 1.3f), {}); },
     .differentiable = false,
     .bad = {{Shape{2, 3, 5, 6}, Shape{2, 4, 3, 3}}, {Shape{2, 3, 5, 6}, Shape{1, 4, 3, 2}}}},
    {.op = "grid_sample",
     .what = "cubic, mirrored",
     .inputs = {Shape{1, 2, 5, 6}, Shape{1, 7, 3, 2}},
     .run =
         [](Values v) {
           return grid_sample(v[0], scale(v[1], 2.5f),
                              {.mode = GridMode::cubic, .border = GridBorder::reflect});
         },
     .differentiable = false},
    {.op = "grid_sample",
     .what = "nearest in a volume, edges",
     .inputs = {Shape{1, 2, 3, 5, 6}, Shape{1, 2, 4, 3, 3}},
     .run =
         [](Values v) {
           return grid_sample(
               v[0], scale(v[1], 1.5f),
               {.mode = GridMode::nearest, .border = GridBorder::edge, .align_corners = true});
         },
     .differentiable = false},
};

const RegisterRows resamples{
    {.op = "resample",
     .what = "cubic, up and down",
     .inputs = {Shape{2, 3, 4, 9}},
     .run =
         [](Values v) {
           return resampled(v, {.mode = ResampleMode::cubic, .size = {2, 3, 7, 5}});
         },
     .bad = {{Shape{2, 3, 4}}}},
    {.op = "resample",
     .what = "linear with antialias, channels too",
     .inputs = {Shape{1, 6, 9, 9}},
     .run =
         [](Values v) {
           return resampled(
               v, {.mode = ResampleMode::linear, .size = {1, 4, 4, 3}, .antialias = true});
         }},
    {.op = "resample",
     .what = "a part of the image and what lies beside it",
     .inputs = {Shape{1, 2, 5, 6}},
     .run =
         [](Values v) {
           return resampled(v, {.mode = ResampleMode::linear,
                                .points = ResamplePoints::tf_crop_and_resize,
                                .size = {1, 2, 3, 4},
                                .first = {0, 0, 0.4, -0.3},
                                .last = {1, 1, 0.8, 0.7},
                                .outside = 10});
         }},
    {.op = "resample",
     .what = "nearest by ceil of a matrix",
     .inputs = {Shape{5, 7}},
     .run =
         [](Values v) {
           return resampled(v, {.points = ResamplePoints::asymmetric,
                                .rounding = ResampleRounding::ceil,
                                .size = {7, 3}});
         },
     .linear = 0},
};

}  // namespace
}  // namespace burin::test
