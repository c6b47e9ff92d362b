// Ops that move or add numbers along axes. All but mean are linear and exact on whole numbers.
#include "tests/engine/op_rows.h"

namespace burin::test {
namespace {

using Values = std::span<const Value>;
const Shape image{2, 3, 4, 5};

Value summed(const Value& x, std::vector<int> axes, bool keep = true) { return sum(x, axes, keep); }

const RegisterRows moves{
    {.op = "concat",
     .what = "channels",
     .inputs = {image, Shape{2, 1, 4, 5}, Shape{2, 5, 4, 5}},
     .run = [](Values v) { return concat(v); },
     .bad = {{image, Shape{2, 1, 4, 4}}, {image, Shape{2, 3}}}},
    {.op = "concat",
     .what = "channels, one part twice and in an odd place",
     .inputs = {image},
     .run =
         [](Values v) {
           return relu(concat(std::vector{v[0], scale(v[0], 2.0f), v[0]}));
         }},
    {.op = "concat",
     .what = "rows of pixels",
     .inputs = {image, Shape{2, 3, 2, 5}},
     .run = [](Values v) { return concat(v, 2); }},
    {.op = "concat",
     .what = "images of more than one block",
     .inputs = {Shape{1, 3, 90, 80}, Shape{2, 3, 90, 80}},
     .run = [](Values v) { return concat(v, 0); }},
    {.op = "slice",
     .what = "channels",
     .inputs = {image},
     .run = [](Values v) { return slice(v[0], 1, 1, 2); },
     .linear = 0,
     .bad = {{Shape{2, 2, 4, 5}}, {Shape{3}}}},
    {.op = "slice",
     .what = "columns",
     .inputs = {image},
     .run = [](Values v) { return slice(v[0], -1, 1, 3); },
     .linear = 0},
    {.op = "slice",
     .what = "images",
     .inputs = {image},
     .run = [](Values v) { return slice(v[0], 0, 1, 1); },
     .linear = 0},
    {.op = "pad",
     .what = "all axes, asymmetric",
     .inputs = {image},
     .run =
         [](Values v) {
           return pad(v[0], {.begin = {1, 0, 2, 1}, .end = {0, 2, 1, 3}});
         },
     .linear = 0,
     .bad = {{Shape{2}}}},
    {.op = "pad",
     .what = "crops more than there is on one side",
     .inputs = {image},
     .run =
         [](Values v) {
           return pad(v[0], {.begin = {0, -1, -5, 6}, .end = {0, 1, 4, -7}});
         }},
    {.op = "pad",
     .what = "a volume with a value",
     .inputs = {Shape{1, 2, 2, 3, 4}},
     .run =
         [](Values v) {
           return pad(v[0], {.begin = {0, 0, 1, -1, 1}, .end = {0, 0, 0, 2, -2}, .value = 1.5f});
         }},
    {.op = "pad",
     .what = "a matrix",
     .inputs = {Shape{3, 4}},
     .run =
         [](Values v) {
           return pad(v[0], {.begin = {1, 2}, .end = {0, -1}});
         },
     .linear = 0},
    {.op = "border_bias",
     .what = "a picture",
     .inputs = {Shape{2, 3, 4, 5}, Shape{9, 3}},
     .run = [](Values v) { return border_bias(v[0], v[1]); },
     .differentiable = false,
     .bad = {{Shape{2, 3, 4, 5}, Shape{9, 4}}, {Shape{2, 3, 4, 1}, Shape{9, 3}}}},
    {.op = "border_bias",
     .what = "a volume",
     .inputs = {Shape{1, 2, 2, 3, 4}, Shape{27, 2}},
     .run = [](Values v) { return border_bias(v[0], v[1]); },
     .differentiable = false},
    {.op = "reshape",
     .what = "flatten in logical order",
     .inputs = {image},
     .run =
         [](Values v) {
           return reshape(v[0], std::vector<std::int64_t>{2, -1});
         },
     .linear = 0,
     .bad = {{Shape{3, 3}}}},
    {.op = "reshape",
     .what = "a vector to channels",
     .inputs = {Shape{2, 12}},
     .run =
         [](Values v) {
           return reshape(v[0], std::vector<std::int64_t>{2, 3, 2, 2});
         },
     .linear = 0},
    {.op = "transpose",
     .what = "channels to the end",
     .inputs = {image},
     .run =
         [](Values v) {
           return transpose(v[0], std::vector{0, 2, 3, 1});
         },
     .linear = 0,
     .bad = {{Shape{2, 3, 4}}, {Shape{2, 3, 4, 5, 6}}}},
    {.op = "transpose",
     .what = "a matrix",
     .inputs = {Shape{7, 4}},
     .run =
         [](Values v) {
           return transpose(v[0], std::vector{1, 0});
         },
     .linear = 0},
    {.op = "transpose",
     .what = "a shuffle of channels, then a sum that reads the view",
     .inputs = {Shape{2, 6, 3, 5}},
     .run =
         [](Values v) {
           const std::vector<std::int64_t> apart{2, 2, 3, 3, 5}, together{2, 6, 3, 5};
           const Value turned = transpose(reshape(v[0], apart), std::vector{0, 2, 1, 3, 4});
           return add(reshape(turned, together), v[0]);
         },
     .linear = 0},
    {.op = "dropout",
     .what = "half of a picture, several blocks",
     .inputs = {Shape{2, 300, 11, 13}},
     .run = [](Values v) { return dropout(v[0], 0.5f); },
     .linear = 0},
    {.op = "dropout",
     .what = "a fifth of a transposed matrix",
     .inputs = {Shape{5, 9}},
     .run =
         [](Values v) {
           return dropout(transpose(v[0], std::vector{1, 0}), 0.2f);
         }},
    {.op = "dropout",
     .what = "rate of 1",
     .inputs = {image},
     .run = [](Values v) { return dropout(v[0], v[0].shape().rank() == 4 ? 0.0f : 1.0f); },
     .bad = {{Shape{3}}}},
};

const RegisterRows sums{
    {.op = "sum",
     .what = "pixels",
     .inputs = {image},
     .run =
         [](Values v) {
           return summed(v[0], {2, 3});
         },
     .linear = 0,
     .bad = {{Shape{2, 3}}}},
    {.op = "sum",
     .what = "images and pixels, dropped",
     .inputs = {image},
     .run =
         [](Values v) {
           return summed(v[0], {0, 2, 3}, false);
         },
     .linear = 0},
    {.op = "sum",
     .what = "channels of a slice",
     .inputs = {Shape{2, 7, 3, 3}},
     .run = [](Values v) { return summed(slice(v[0], 1, 1, 5), {1}); },
     .linear = 0},
    {.op = "sum",
     .what = "all of each image",
     .inputs = {image},
     .run =
         [](Values v) {
           return summed(v[0], {1, 2, 3});
         },
     .linear = 0},
    {.op = "sum",
     .what = "rows of pixels",
     .inputs = {image},
     .run = [](Values v) { return summed(v[0], {2}, false); },
     .linear = 0},
    {.op = "sum",
     .what = "everything, many blocks",
     .inputs = {Shape{2, 3, 91, 93}},
     .run = [](Values v) { return summed(v[0], {}, false); },
     .linear = 0},
    {.op = "mean",
     .what = "per channel, many blocks",
     .inputs = {Shape{2, 17, 50, 51}},
     .run =
         [](Values v) {
           return mean(v[0], std::vector{0, 2, 3});
         }},
    {.op = "mean",
     .what = "a matrix over its images",
     .inputs = {Shape{5, 3}},
     .run = [](Values v) { return mean(v[0], std::vector{0}, false); },
     .bad = {{Shape{}}}},
};

}  // namespace
}  // namespace burin::test
