// Quantized numbers and products in whole numbers.
#include "tests/engine/op_rows.h"

namespace burin::test {
namespace {

using Values = std::span<const Value>;

// 0 to 250, from numbers between -1 and 1.
Value bytes(const Value& x) { return cast(scale(x, 125.0f, 125.0f), DType::u8); }
Value signed_bytes(const Value& x) { return cast(scale(x, 120.0f), DType::s8); }
Value positive(const Value& x) { return unary(x, {.function = Unary::absolute}); }

const RegisterRows quantized{
    {.op = "quantize",
     .what = "by channel to s8",
     .inputs = {Shape{2, 3, 4, 5}, Shape{3}, Shape{3}},
     .run =
         [](Values v) {
           return quantize(v[0], scale(positive(v[1]), 0.01f), signed_bytes(v[2]),
                           {.axis = 1, .type = DType::s8});
         },
     .differentiable = false,
     .bad = {{Shape{2, 3, 4, 5}, Shape{2}, Shape{3}}, {Shape{2, 3, 4, 5}, Shape{3}, Shape{4}}}},
    {.op = "dequantize",
     .what = "one scale, no zero",
     .inputs = {Shape{2, 3, 4, 5}, Shape{1}},
     .run = [](Values v) { return dequantize(bytes(v[0]), v[1], {}, {}); },
     .differentiable = false,
     .bad = {{Shape{2, 3, 4, 5}, Shape{2}}}},
    {.op = "dequantize",
     .what = "by row",
     .inputs = {Shape{2, 3, 4, 5}, Shape{4}, Shape{4}},
     .run = [](Values v) { return dequantize(bytes(v[0]), v[1], bytes(v[2]), {.axis = 2}); },
     .differentiable = false},
    {.op = "integer_conv",
     .what = "3x3 in two groups with zero points",
     .inputs = {Shape{2, 4, 6, 7}, Shape{6, 2, 3, 3}, Shape{1}, Shape{6}},
     .run =
         [](Values v) {
           return integer_conv(bytes(v[0]), signed_bytes(v[1]), bytes(v[2]), signed_bytes(v[3]),
                               {.kernel = {1, 3, 3},
                                .stride = {1, 2, 1},
                                .pad_begin = {0, 1, 1},
                                .pad_end = {0, 0, 1},
                                .groups = 2});
         },
     .differentiable = false,
     .bad = {{Shape{2, 4, 6, 7}, Shape{6, 3, 3, 3}, Shape{1}, Shape{6}},
             {Shape{2, 4, 6, 7}, Shape{6, 2, 3, 3}, Shape{2}, Shape{6}}}},
    // Small enough for f32 to be exact: the difference from the convolution of reals is 0.
    {.op = "integer_conv",
     .what = "as a convolution of reals",
     .inputs = {Shape{1, 3, 5, 5}, Shape{4, 3, 3, 3}},
     .run =
         [](Values v) {
           const ConvAttributes a{.kernel = {1, 3, 3}, .dilation = {1, 2, 1}, .pad_end = {0, 2, 0}};
           const Value x = bytes(v[0]), w = signed_bytes(v[1]);
           const Value whole = integer_conv(x, w, {}, {}, a);
           return subtract(cast(whole, DType::f32),
                           conv(cast(x, DType::f32), cast(w, DType::f32), {}, a));
         },
     .differentiable = false},
    {.op = "integer_matmul",
     .what = "stacks with zero points",
     .inputs = {Shape{2, 3, 4, 5}, Shape{3, 5, 6}, Shape{4}, Shape{1}},
     .run =
         [](Values v) {
           return integer_matmul(bytes(v[0]), signed_bytes(v[1]), bytes(v[2]), signed_bytes(v[3]));
         },
     .differentiable = false,
     .bad = {{Shape{2, 3, 4, 5}, Shape{3, 4, 6}, Shape{4}, Shape{1}},
             {Shape{2, 3, 4, 5}, Shape{3, 5, 6}, Shape{5}, Shape{1}}}},
};

}  // namespace
}  // namespace burin::test
