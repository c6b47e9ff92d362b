// conv, conv_transpose, linear, matmul. Winograd entries round, so 3x3 rows state a share instead
// of exact adjoints.
#include "tests/engine/op_rows.h"

namespace burin::test {
namespace {

Function conv_of(const ConvAttributes& a) {
  return [a](std::span<const Value> v) { return conv(v[0], v[1], v[2], a); };
}
Function transposed(const ConvAttributes& a) {
  return [a](std::span<const Value> v) { return conv_transpose(v[0], v[1], v[2], a); };
}

constexpr ConvAttributes same3{.kernel = {1, 3, 3}, .pad_begin = {0, 1, 1}, .pad_end = {0, 1, 1}};
constexpr ConvAttributes same3d{.kernel = {3, 3, 3}, .pad_begin = {1, 1, 1}, .pad_end = {1, 1, 1}};

const RegisterRows conv_rows{{
    {.op = "conv",
     .what = "3x3 with bias",
     .inputs = {Shape{2, 3, 7, 6}, Shape{4, 3, 3, 3}, Shape{4}},
     .run = conv_of(same3),
     .bad = {{Shape{2, 3, 7, 6}, Shape{4, 2, 3, 3}, Shape{4}},
             {Shape{2, 3, 7, 6}, Shape{4, 3, 5, 3}, Shape{4}},
             {Shape{2, 3, 7, 6}, Shape{4, 3, 3, 3}, Shape{3}},
             {Shape{2, 3, 7}, Shape{4, 3, 3, 3}, Shape{4}},
             {Shape{2, 3, 7, 6}, Shape{4, 3, 3}, Shape{4}}}},
    {.op = "conv",
     .what = "3x3 without bias, more channels",
     .inputs = {Shape{1, 20, 9, 11}, Shape{18, 20, 3, 3}, std::nullopt},
     .run = conv_of(same3),
     .linear = 0,
     .adjoint_tolerance = 1e-5},
    {.op = "conv",
     .what = "3x3, linear in the weight",
     .inputs = {Shape{2, 5, 6, 7}, Shape{6, 5, 3, 3}, std::nullopt},
     .run = conv_of(same3),
     .linear = 1,
     .adjoint_tolerance = 1e-4},
    {.op = "conv",
     .what = "1x1",
     .inputs = {Shape{2, 5, 4, 3}, Shape{7, 5, 1, 1}, std::nullopt},
     .run = conv_of({}),
     .linear = 0},
    {.op = "conv",
     .what = "5x3, stride 2, uneven pads",
     .inputs = {Shape{1, 4, 9, 8}, Shape{5, 4, 5, 3}, std::nullopt},
     .run = conv_of(
         {.kernel = {1, 5, 3}, .stride = {1, 2, 2}, .pad_begin = {0, 2, 0}, .pad_end = {0, 1, 1}}),
     .linear = 0,
     .bad = {{Shape{1, 4, 1, 8}, Shape{5, 4, 5, 3}, std::nullopt}}},
    {.op = "conv",
     .what = "dilation 2, two groups",
     .inputs = {Shape{2, 6, 8, 7}, Shape{4, 3, 3, 3}, Shape{4}},
     .run = conv_of({.kernel = {1, 3, 3}, .dilation = {1, 2, 2}, .groups = 2}),
     .bad = {{Shape{2, 6, 8, 7}, Shape{5, 3, 3, 3}, Shape{5}}}},
    {.op = "conv",
     .what = "depthwise",
     .inputs = {Shape{2, 5, 6, 6}, Shape{5, 1, 3, 3}, std::nullopt},
     .run =
         conv_of({.kernel = {1, 3, 3}, .pad_begin = {0, 1, 1}, .pad_end = {0, 1, 1}, .groups = 5}),
     .linear = 1},
    {.op = "conv",
     .what = "volume",
     .inputs = {Shape{1, 3, 4, 5, 6}, Shape{4, 3, 3, 3, 3}, Shape{4}},
     .run = conv_of(same3d)},
    {.op = "conv",
     .what = "signal",
     .inputs = {Shape{2, 3, 9}, Shape{4, 3, 3}, Shape{4}},
     .run = conv_of({.kernel = {1, 1, 3}, .stride = {1, 1, 2}})},
}};

const RegisterRows transposed_rows{{
    {.op = "conv_transpose",
     .what = "2x2 stride 2 with bias",
     .inputs = {Shape{2, 6, 3, 4}, Shape{6, 3, 2, 2}, Shape{3}},
     .run = transposed({.kernel = {1, 2, 2}, .stride = {1, 2, 2}}),
     .bad = {{Shape{2, 6, 3, 4}, Shape{5, 3, 2, 2}, Shape{3}},
             {Shape{2, 6, 3, 4}, Shape{6, 3, 2, 2}, Shape{6}},
             {Shape{2, 6, 3, 4}, Shape{6, 3, 2, 3}, Shape{3}}}},
    {.op = "conv_transpose",
     .what = "2x2 stride 2, linear in x",
     .inputs = {Shape{1, 4, 3, 4}, Shape{4, 5, 2, 2}, std::nullopt},
     .run = transposed({.kernel = {1, 2, 2}, .stride = {1, 2, 2}}),
     .linear = 0},
    {.op = "conv_transpose",
     .what = "3x3 stride 2, pads, output padding",
     .inputs = {Shape{2, 3, 4, 5}, Shape{3, 4, 3, 3}, std::nullopt},
     .run = transposed({.kernel = {1, 3, 3},
                        .stride = {1, 2, 2},
                        .pad_begin = {0, 1, 1},
                        .pad_end = {0, 1, 1},
                        .output_padding = {0, 1, 1}}),
     .linear = 1},
    {.op = "conv_transpose",
     .what = "two groups",
     .inputs = {Shape{1, 4, 3, 3}, Shape{4, 3, 2, 2}, Shape{6}},
     .run = transposed({.kernel = {1, 2, 2}, .stride = {1, 2, 2}, .groups = 2})},
    {.op = "conv_transpose",
     .what = "volume",
     .inputs = {Shape{1, 3, 2, 3, 2}, Shape{3, 2, 2, 2, 2}, Shape{2}},
     .run = transposed({.kernel = {2, 2, 2}, .stride = {2, 2, 2}})},
}};

const RegisterRows product_rows{{
    {.op = "linear",
     .what = "with bias",
     .inputs = {Shape{5, 7}, Shape{4, 7}, Shape{4}},
     .run = [](std::span<const Value> v) { return linear(v[0], v[1], v[2]); },
     .bad = {{Shape{5, 7}, Shape{4, 6}, Shape{4}},
             {Shape{5, 7}, Shape{4, 7}, Shape{5}},
             {Shape{5, 7, 1}, Shape{4, 7}, Shape{4}}}},
    {.op = "linear",
     .what = "without bias",
     .inputs = {Shape{33, 17}, Shape{19, 17}, std::nullopt},
     .run = [](std::span<const Value> v) { return linear(v[0], v[1], v[2]); },
     .linear = 0},
    {.op = "matmul",
     .what = "5x7 by 7x4",
     .inputs = {Shape{5, 7}, Shape{7, 4}},
     .run = [](std::span<const Value> v) { return matmul(v[0], v[1]); },
     .linear = 1,
     .bad = {{Shape{5, 7}, Shape{6, 4}}, {Shape{5, 7, 1}, Shape{7, 4}}}},
    {.op = "matmul",
     .what = "stacks of matrices, repeated on both sides",
     .inputs = {Shape{2, 1, 3, 5}, Shape{4, 5, 6}},
     .run = [](std::span<const Value> v) { return matmul(v[0], v[1]); },
     .linear = 1,
     .bad = {{Shape{2, 3, 5}, Shape{3, 5, 6}}, {Shape{5}, Shape{5, 6}}}},
}};

}  // namespace
}  // namespace burin::test
