// Ops that read through indices, repeat, reduce to extremes and count along axes.
#include "tests/engine/op_rows.h"

namespace burin::test {
namespace {

using Values = std::span<const Value>;
using Sizes = std::vector<std::int64_t>;
const Shape image{2, 3, 4, 5};

// Input `which` holds whole numbers from low to high, the others keep their defaults.
auto indices(std::size_t which, int low, int high) {
  return [=](std::size_t i, const Shape& shape, Random& random) {
    if (i != which) return Tensor();
    std::vector<float> numbers;
    for (std::int64_t n = 0; n < shape.elements(); ++n)
      numbers.push_back(static_cast<float>(random.integer(low, high)));
    return Tensor::from(shape, numbers);
  };
}

Value whole(const Value& x) { return cast(x, DType::i64); }

const RegisterRows moves{
    {.op = "expand",
     .what = "to more axes",
     .inputs = {Shape{3, 1, 5}},
     .run =
         [](Values v) {
           return expand(v[0], Sizes{2, 3, 4, 5});
         },
     .linear = 0,
     .bad = {{Shape{2, 1, 5}}, {Shape{1, 2, 3, 4, 5}}}},
    {.op = "tile",
     .what = "pixels and images",
     .inputs = {image},
     .run =
         [](Values v) {
           return tile(v[0], Sizes{2, 1, 3, 2});
         },
     .linear = 0,
     .bad = {{Shape{3}}}},
    {.op = "slice_steps",
     .what = "forwards and backwards",
     .inputs = {image},
     .run =
         [](Values v) {
           return slice_steps(
               v[0], {.first = {0, 2, 1, 4}, .step = {1, -1, 2, -2}, .count = {2, 3, 2, 3}});
         },
     .linear = 0,
     .bad = {{Shape{2, 2, 4, 5}}, {Shape{2, 3, 3, 5}}, {Shape{2}}}},
    {.op = "pad",
     .what = "mirrored",
     .inputs = {image},
     .run =
         [](Values v) {
           return pad(v[0], {.begin = {0, 0, 2, 3}, .end = {0, 1, 3, 2}, .mode = PadMode::reflect});
         },
     .linear = 0},
    {.op = "pad",
     .what = "with its edges, cropped on one side",
     .inputs = {image},
     .run =
         [](Values v) {
           return pad(v[0], {.begin = {0, 0, -1, 3}, .end = {1, 0, 3, 2}, .mode = PadMode::edge});
         },
     .linear = 0},
    {.op = "pad",
     .what = "with the other end",
     .inputs = {image},
     .run =
         [](Values v) {
           return pad(v[0], {.begin = {0, 0, 5, 3}, .end = {0, 0, 0, 9}, .mode = PadMode::wrap});
         },
     .linear = 0},
    {.op = "pad",
     .what = "of i32 by a value",
     .inputs = {image},
     .run =
         [](Values v) {
           return pad(cast(scale(v[0], 9.0f), DType::i32),
                      {.begin = {0, 0, 1, -1}, .end = {0, 1, 1, 1}, .value = -7});
         },
     .differentiable = false},
    {.op = "gather",
     .what = "rows of pixels by a matrix of indices",
     .inputs = {image, Shape{2, 3}},
     .run = [](Values v) { return gather(v[0], whole(v[1]), 2); },
     .wants = {true, false},
     .make = indices(1, -4, 3)},
    {.op = "gather",
     .what = "one channel",
     .inputs = {image, Shape{}},
     .run = [](Values v) { return gather(v[0], whole(v[1]), 1); },
     .wants = {true, false},
     .make = indices(1, 1, 1)},
    {.op = "gather_elements",
     .what = "along the width",
     .inputs = {image, Shape{2, 2, 4, 7}},
     .run = [](Values v) { return gather_elements(v[0], whole(v[1]), 3); },
     .wants = {true, false},
     .bad = {{image, Shape{2, 4, 4, 7}}, {image, Shape{2, 2}}},
     .make = indices(1, -5, 4)},
    {.op = "gather_nd",
     .what = "pixels of each image",
     .inputs = {image, Shape{2, 6, 2}},
     .run = [](Values v) { return gather_nd(v[0], whole(v[1]), 1); },
     .wants = {true, false},
     .bad = {{image, Shape{3, 6, 2}}, {image, Shape{2, 6, 4}}},
     .make = indices(1, -3, 2)},
    {.op = "gather_nd",
     .what = "numbers",
     .inputs = {image, Shape{6, 4}},
     .run = [](Values v) { return gather_nd(v[0], whole(v[1])); },
     .wants = {true, false},
     .make = indices(1, -2, 1)},
    {.op = "scatter_elements",
     .what = "added along the width",
     .inputs = {image, Shape{2, 2, 4, 7}, Shape{2, 2, 4, 7}},
     .run =
         [](Values v) {
           return scatter_elements(v[0], whole(v[1]), v[2], {.axis = 3, .mode = ScatterMode::add});
         },
     .differentiable = false,
     .bad = {{image, Shape{2, 2, 4, 7}, Shape{2, 2, 4, 6}}},
     .make = indices(1, -5, 4)},
    {.op = "scatter_nd",
     .what = "channels",
     .inputs = {image, Shape{3, 2}, Shape{3, 4, 5}},
     .run = [](Values v) { return scatter_nd(v[0], whole(v[1]), v[2]); },
     .differentiable = false,
     .bad = {{image, Shape{3, 2}, Shape{3, 4}}},
     .make = indices(1, -2, 1)},
    {.op = "one_hot",
     .what = "a new axis in the middle",
     .inputs = {Shape{2, 4, 5}, Shape{2}},
     .run = [](Values v) { return one_hot(whole(v[0]), v[1], {.axis = 1, .depth = 3}); },
     .differentiable = false,
     .bad = {{Shape{2, 4, 5}, Shape{3}}},
     .make = indices(0, -3, 4)},
};

OpRow reduce_row(Reduction function, std::vector<int> axes, bool keep, std::string what) {
  return {.op = "reduce",
          .what = std::move(what),
          .inputs = {image},
          .run =
              [=](Values v) {
                return reduce(v[0], {function, axes, keep});
              },
          .bad = {{Shape{2, 3}}}};
}

const RegisterRows reductions{
    reduce_row(Reduction::maximum, {2, 3}, true, "greatest of each plane"),
    reduce_row(Reduction::maximum, {1, 3}, false, "greatest of each row"),
    reduce_row(Reduction::minimum, {-1, 2}, false, "least of each plane"),
    reduce_row(Reduction::product, {3}, true, "products of rows"),
    {.op = "reduce",
     .what = "greatest of i64",
     .inputs = {image},
     .run =
         [](Values v) {
           return reduce(whole(scale(v[0], 9.0f)), {.function = Reduction::maximum, .axes = {}});
         },
     .differentiable = false},
    {.op = "sum",
     .what = "of i32",
     .inputs = {image},
     .run =
         [](Values v) {
           return sum(cast(scale(v[0], 9.0f), DType::i32), std::vector{1, 3}, false);
         },
     .differentiable = false},
    {.op = "mean",
     .what = "of f64",
     .inputs = {image},
     .run =
         [](Values v) {
           return mean(cast(v[0], DType::f64), std::vector{0, 2}, true);
         },
     .differentiable = false},
    {.op = "arg_extreme",
     .what = "class of each pixel",
     .inputs = {image},
     .run = [](Values v) { return arg_extreme(v[0], {.axis = 1, .keep = false}); },
     .differentiable = false,
     .bad = {{Shape{2}}}},
    {.op = "arg_extreme",
     .what = "last of the least in u8",
     .inputs = {image},
     .run =
         [](Values v) {
           return arg_extreme(cast(scale(v[0], 3.0f, 3.0f), DType::u8),
                              {.axis = -1, .smallest = true, .last = true});
         },
     .differentiable = false},
    {.op = "top",
     .what = "three smallest of each row",
     .inputs = {image},
     .run = [](Values v) { return top(v[0], {.axis = -1, .count = 3, .smallest = true}); },
     .differentiable = false,
     .bad = {{Shape{2, 2}}}},
    {.op = "cumulative_sum",
     .what = "of channels",
     .inputs = {image},
     .run = [](Values v) { return cumulative_sum(v[0], {.axis = 1}); },
     .linear = 0,
     .bad = {{Shape{2}}}},
    {.op = "cumulative_sum",
     .what = "of rows before each, from the end",
     .inputs = {image},
     .run =
         [](Values v) {
           return cumulative_sum(v[0], {.axis = 2, .exclusive = true, .reverse = true});
         },
     .linear = 0},
};

}  // namespace
}  // namespace burin::test
