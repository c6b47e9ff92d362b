// Functions of one, two and three numbers beyond the activations, comparisons and casts.
#include "tests/engine/op_rows.h"

namespace burin::test {
namespace {

using Values = std::span<const Value>;
const Shape image{2, 3, 4, 5};

// Numbers from low to high.
auto between(float low, float high) {
  return [=](std::size_t, const Shape& shape, Random& random) {
    std::vector<float> numbers = random.reals(static_cast<std::size_t>(shape.elements()));
    for (float& v : numbers) v = low + (high - low) * (0.5f + 0.5f * v);
    return Tensor::from(shape, numbers);
  };
}

OpRow function_row(Unary function, float low, float high, float a = 0, float b = 0) {
  return {.op = "unary",
          .what = std::string(name_of(function)),
          .inputs = {image},
          .run = [=](Values v) { return unary(v[0], {.function = function, .a = a, .b = b}); },
          .make = between(low, high)};
}

const RegisterRows functions{
    function_row(Unary::absolute, 0.1f, 2.0f),
    function_row(Unary::negative, -1.0f, 1.0f),
    function_row(Unary::exponential, -1.0f, 1.0f),
    function_row(Unary::logarithm, 0.5f, 3.0f),
    function_row(Unary::square_root, 0.5f, 3.0f),
    function_row(Unary::reciprocal, 0.5f, 3.0f),
    function_row(Unary::floor, 0.1f, 0.9f),
    function_row(Unary::ceil, 0.1f, 0.9f),
    function_row(Unary::round, 0.6f, 1.4f),
    function_row(Unary::sign, -2.0f, -0.1f),
    function_row(Unary::sine, -2.0f, 2.0f),
    function_row(Unary::cosine, -2.0f, 2.0f),
    function_row(Unary::tangent, -1.0f, 1.0f),
    function_row(Unary::arc_sine, -0.8f, 0.8f),
    function_row(Unary::arc_cosine, -0.8f, 0.8f),
    function_row(Unary::arc_tangent, -2.0f, 2.0f),
    function_row(Unary::sinh, -1.0f, 1.0f),
    function_row(Unary::cosh, -1.0f, 1.0f),
    function_row(Unary::arc_sinh, -2.0f, 2.0f),
    function_row(Unary::arc_cosh, 1.3f, 3.0f),
    function_row(Unary::arc_tanh, -0.8f, 0.8f),
    function_row(Unary::error_function, -1.5f, 1.5f),
    function_row(Unary::softplus, -3.0f, 3.0f),
    function_row(Unary::softsign, -2.0f, 2.0f),
    function_row(Unary::elu, -2.0f, 2.0f, 0.7f),
    function_row(Unary::selu, -2.0f, -0.1f, 1.67f, 1.05f),
    function_row(Unary::celu, -2.0f, 2.0f, 0.7f),
    function_row(Unary::hard_sigmoid, -2.0f, 2.0f, 0.3f, 0.5f),
    function_row(Unary::hard_swish, -2.0f, 2.0f, 0.3f, 0.5f),
    function_row(Unary::silu, -3.0f, 3.0f),
    function_row(Unary::mish, -3.0f, 3.0f),
    function_row(Unary::gelu, -3.0f, 3.0f),
    function_row(Unary::gelu_tanh, -3.0f, 3.0f),
    function_row(Unary::thresholded_relu, 0.6f, 2.0f, 0.5f),
    function_row(Unary::shrink, 0.6f, 2.0f, 0.5f, 0.1f),
    function_row(Unary::clip, -0.9f, 0.9f, -1.0f, 1.0f),
};

OpRow pair_row(Binary function, const Shape& b, float low, float high) {
  return {.op = "binary",
          .what = std::string(name_of(function)) + " by " + b.text(),
          .inputs = {image, b},
          .run = [=](Values v) { return binary(v[0], v[1], function); },
          .bad = {{image, Shape{2, 2, 4, 5}}},
          .make = between(low, high)};
}

// The quotient stays between 2 and 3.
OpRow rest_row(Binary function, const Shape& b) {
  OpRow row = pair_row(function, b, 7.1f, 7.9f);
  row.make = [](std::size_t i, const Shape& shape, Random& random) {
    return (i == 0 ? between(7.1f, 7.9f) : between(2.8f, 3.4f))(i, shape, random);
  };
  return row;
}

OpRow truth_row(Comparison function, DType type) {
  return {.op = "compare",
          .what = "function " + std::to_string(static_cast<int>(function)),
          .inputs = {image, Shape{3, 1, 5}},
          .run = [=](Values v) { return compare(cast(v[0], type), cast(v[1], type), function); },
          .differentiable = false,
          .bad = {{image, Shape{4}}},
          .make = between(-0.6f, 1.4f)};
}

Value truth(const Value& x) { return predicate(cast(x, DType::boolean), Predicate::opposite); }

const RegisterRows pairs{
    pair_row(Binary::divide, image, 0.5f, 2.0f),
    pair_row(Binary::divide, Shape{3, 1, 1}, 0.5f, 2.0f),
    pair_row(Binary::maximum, Shape{5}, -1.0f, 1.0f),
    pair_row(Binary::minimum, Shape{}, -1.0f, 1.0f),
    pair_row(Binary::prelu, Shape{3, 1, 1}, -1.0f, 1.0f),
    pair_row(Binary::power, Shape{1, 3, 1, 5}, 0.5f, 2.0f),
    rest_row(Binary::modulo, image),
    rest_row(Binary::remainder, Shape{4, 5}),
    {.op = "binary",
     .what = "shifts of i32",
     .inputs = {image, image},
     .run =
         [](Values v) {
           const Value a = cast(v[0], DType::i32), b = cast(v[1], DType::i32);
           return binary(binary(a, b, Binary::shift_left), b, Binary::shift_right);
         },
     .differentiable = false,
     .make = between(0.0f, 7.0f)},
    {.op = "add",
     .what = "i64, ranks differ",
     .inputs = {image, Shape{5}},
     .run = [](Values v) { return add(cast(v[0], DType::i64), cast(v[1], DType::i64)); },
     .differentiable = false,
     .make = between(-9.0f, 9.0f)},
    {.op = "multiply",
     .what = "ranks differ",
     .inputs = {Shape{4, 1}, image},
     .run = [](Values v) { return multiply(v[0], v[1]); }},
    {.op = "where",
     .what = "repeated on every side",
     .inputs = {Shape{4, 1}, Shape{3, 1, 1}, image},
     .run = [](Values v) { return where(truth(v[0]), v[1], v[2]); },
     .wants = {false, true, true},
     .bad = {{Shape{2}, Shape{3}, Shape{}}},
     .make =
         [](std::size_t i, const Shape& shape, Random& random) {
           const auto count = static_cast<std::size_t>(shape.elements());
           return i > 0 ? Tensor() : Tensor::from(shape, random.integers(count, 1));
         }},
    {.op = "cast",
     .what = "f32 to u8 and back",
     .inputs = {image},
     .run = [](Values v) { return cast(cast(v[0], DType::u8), DType::f32); },
     .differentiable = false,
     .make = between(-300.0f, 300.0f)},
    {.op = "predicate",
     .what = "not a number",
     .inputs = {image},
     .run = [](Values v) { return predicate(v[0], Predicate::is_nan); },
     .differentiable = false},
    {.op = "predicate",
     .what = "not",
     .inputs = {image},
     .run = [](Values v) { return truth(v[0]); },
     .differentiable = false},
    truth_row(Comparison::equal, DType::i32),
    truth_row(Comparison::less, DType::f32),
    truth_row(Comparison::less_or_equal, DType::f64),
    truth_row(Comparison::greater, DType::s8),
    truth_row(Comparison::greater_or_equal, DType::i64),
    truth_row(Comparison::both, DType::boolean),
    truth_row(Comparison::either, DType::boolean),
    truth_row(Comparison::one, DType::boolean),
};

}  // namespace
}  // namespace burin::test
