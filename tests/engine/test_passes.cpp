#include <doctest/doctest.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/error.h"
#include "engine/graph/passes.h"
#include "engine/graph/program.h"
#include "engine/nn/axes.h"
#include "tests/support/compare.h"
#include "tests/support/networks.h"

namespace burin {
namespace {

using test::error_of;
using test::numbers;
using test::traced;

Value weight(Tape& tape, const Shape& shape, std::uint64_t seed, const char* name) {
  return tape.parameter(numbers(shape, seed), true, name);
}

Value conv3(Tape& tape, const Value& x, std::int64_t out, std::uint64_t seed, const char* name) {
  return conv(x, weight(tape, {out, x.shape()[1], 3, 3}, seed, name), {},
              {.kernel = {1, 3, 3}, .pad_begin = {0, 1, 1}, .pad_end = {0, 1, 1}});
}

Value norm(Tape& tape, const Value& x, std::uint64_t seed) {
  const Shape c{x.shape()[1]};
  Tensor variance = numbers(c, seed + 3);
  for (std::int64_t i = 0; i < variance.elements(); ++i)
    variance.data()[i] = 0.5f + variance.data()[i] * variance.data()[i];
  return batch_norm(x, weight(tape, c, seed, "bn.weight"), weight(tape, c, seed + 1, "bn.bias"),
                    weight(tape, c, seed + 2, "bn.mean"), tape.parameter(variance, false, "bn.var"),
                    {});
}

// The pass changes results by rounding only. Its text is returned.
template <class Pass>
std::string checked(const Pass& pass, const Graph& graph) {
  const Graph after = pass(graph);
  verify(after);
  std::vector<Tensor> inputs;
  for (const int id : graph.inputs)
    inputs.push_back(numbers(graph.at(id).shape, 99, Order::channels_last));
  const auto want = interpret(graph, inputs), got = interpret(after, inputs);
  REQUIRE(want.size() == got.size());
  for (std::size_t i = 0; i < want.size(); ++i) CHECK(error_of(got[i], want[i]) < 1e-5);
  return to_text(after);
}

}  // namespace

TEST_CASE("fold_batch_norm: into the weights of the convolution before it") {
  const Graph graph = traced({1, 3, 5, 5}, [](Tape& t, const Value& x) {
    return relu(norm(t, conv3(t, x, 4, 1, "c.weight"), 2));
  });
  CHECK(checked(fold_batch_norm, graph) ==
        "%0 = input input  [1x3x5x5]\n"
        "%1 = parameter c.weight  [4x3x3x3]\n"
        "%2 = parameter c.bias  [4]\n"
        "%3 = conv(%0, %1, %2) kernel=1x3x3 pad_begin=0x1x1 pad_end=0x1x1  [1x4x5x5]\n"
        "%4 = activate(%3) activation=relu  [1x4x5x5]\n"
        "return %4 output\n");
}

TEST_CASE("fold_batch_norm: a transposed convolution in groups, then a factor") {
  const Graph graph = traced({2, 4, 3, 3}, [](Tape& t, const Value& x) {
    const Value w = weight(t, {4, 3, 2, 2}, 5, "up.weight");
    const Value y =
        conv_transpose(x, w, {}, {.kernel = {1, 2, 2}, .stride = {1, 2, 2}, .groups = 2});
    return scale(norm(t, y, 7), 0.5f, 2.0f);
  });
  CHECK(checked(fold_batch_norm, graph) ==
        "%0 = input input  [2x4x3x3]\n"
        "%1 = parameter up.weight  [4x3x2x2]\n"
        "%2 = parameter up.bias  [6]\n"
        "%3 = conv_transpose(%0, %1, %2) kernel=1x2x2 stride=1x2x2 groups=2  [2x6x6x6]\n"
        "return %3 output\n");
}

TEST_CASE("fold_batch_norm: in place, but never of a weight that others hold") {
  const auto make = [] {
    return traced({1, 3, 5, 5}, [](Tape& t, const Value& x) {
      const Value w = weight(t, {4, 3, 3, 3}, 1, "own.weight"),
                  twice = weight(t, {4, 4, 1, 1}, 2, "twice.weight");
      return norm(
          t,
          conv(norm(t, conv(norm(t, conv(x, w, {}, {.kernel = {1, 3, 3}}), 3), twice, {}, {}), 5),
               twice, {}, {}),
          8);
    });
  };
  const auto weights = [](const Graph& graph) {
    std::vector<const Storage*> found;
    for (const Node& node : graph.nodes)
      if (node.name.ends_with(".weight") && node.shape.rank() == 4)
        found.push_back(node.value.storage().get());
    return found;
  };
  Graph given = make();
  const auto before = weights(given);
  REQUIRE(before.size() == 2);
  const Tensor input = numbers({1, 3, 5, 5}, 99, Order::channels_last);
  const std::vector<float> want = interpret(given, {&input, 1})[0].to_vector();
  SUBCASE("handed over") {
    const auto after = weights(fold_batch_norm(std::move(given)));
    CHECK(after.size() == 3);
    CHECK(std::ranges::count(after, before[0]) == 1);
    CHECK(std::ranges::count(after, before[1]) == 0);
  }
  SUBCASE("kept") {
    const auto after = weights(fold_batch_norm(given));
    CHECK(std::ranges::count(after, before[0]) == 0);
    CHECK(interpret(given, {&input, 1})[0].to_vector() == want);
  }
  SUBCASE("the same numbers") {
    const Tensor folded = interpret(fold_batch_norm(std::move(given)), {&input, 1})[0];
    CHECK(error_of(folded, interpret(make(), {&input, 1})[0]) < 1e-5);
  }
}

TEST_CASE("fold_batch_norm: not when the convolution has another reader") {
  const Graph graph = traced({1, 3, 5, 5}, [](Tape& t, const Value& x) {
    const Value y = conv3(t, x, 4, 1, "c.weight");
    return add(y, norm(t, y, 2));
  });
  CHECK(checked(fold_batch_norm, graph) == to_text(graph));
}

TEST_CASE("fuse_activation: into what it alone follows") {
  const Graph graph = traced({1, 3, 4, 4}, [](Tape& t, const Value& x) {
    const Value y = leaky_relu(conv3(t, x, 3, 1, "a.weight"), 0.25f);
    return relu(add(y, sigmoid(conv3(t, y, 3, 2, "b.weight"))));
  });
  CHECK(checked(fuse_activation, graph) ==
        "%0 = input input  [1x3x4x4]\n"
        "%1 = parameter a.weight  [3x3x3x3]\n"
        "%2 = conv(%0, %1, -) kernel=1x3x3 pad_begin=0x1x1 pad_end=0x1x1 "
        "activation=leaky_relu slope=0.25  [1x3x4x4]\n"
        "%3 = parameter b.weight  [3x3x3x3]\n"
        "%4 = conv(%2, %3, -) kernel=1x3x3 pad_begin=0x1x1 pad_end=0x1x1  [1x3x4x4]\n"
        "%5 = activate(%4) activation=sigmoid  [1x3x4x4]\n"
        "%6 = add_activate(%2, %5) activation=relu  [1x3x4x4]\n"
        "return %6 output\n");
}

TEST_CASE("fuse_residual: the later of two convolutions takes the sum") {
  const Graph graph = traced({1, 3, 4, 4}, [](Tape& t, const Value& x) {
    const Value main = conv3(t, x, 3, 1, "main.weight");
    const Value side = conv3(t, x, 3, 2, "side.weight");
    return relu(add(side, main));
  });
  CHECK(checked(fuse_residual, fuse_activation(graph)) ==
        "%0 = input input  [1x3x4x4]\n"
        "%1 = parameter main.weight  [3x3x3x3]\n"
        "%2 = conv(%0, %1, -) kernel=1x3x3 pad_begin=0x1x1 pad_end=0x1x1  [1x3x4x4]\n"
        "%3 = parameter side.weight  [3x3x3x3]\n"
        "%4 = conv(%0, %3, -, %2) kernel=1x3x3 pad_begin=0x1x1 pad_end=0x1x1 "
        "activation=relu  [1x3x4x4]\n"
        "return %4 output\n");
}

TEST_CASE("fold_pad: zeros around the image become padding") {
  const Graph graph = traced({1, 2, 5, 5}, [](Tape& t, const Value& x) {
    const Value p = pad(x, {.begin = {0, 0, 1, 0}, .end = {0, 0, 2, 1}});
    return conv(p, weight(t, {2, 2, 3, 3}, 1, "c.weight"), {},
                {.kernel = {1, 3, 3}, .stride = {1, 2, 2}, .pad_begin = {0, 0, 1}});
  });
  CHECK(checked(fold_pad, graph) ==
        "%0 = input input  [1x2x5x5]\n"
        "%1 = parameter c.weight  [2x2x3x3]\n"
        "%2 = conv(%0, %1, -) kernel=1x3x3 stride=1x2x2 pad_begin=0x1x1 pad_end=0x2x1  "
        "[1x2x3x3]\n"
        "return %2 output\n");
  const Graph ones = traced({1, 2, 5, 5}, [](Tape& t, const Value& x) {
    return conv3(t, pad(x, {.begin = {0, 0, 1, 1}, .value = 1}), 2, 1, "c.weight");
  });
  CHECK(checked(fold_pad, ones) == to_text(ones));
}

namespace {

struct Rise {
  const char* name;
  Shape skip, coarse;  // spatial sizes in the ratio 2
  bool skip_first, learned, bias;
};

// Weights of a kernel of this size for an image.
Value sized(Tape& tape, const Value& x, std::int64_t rows, std::int64_t columns, int kernel,
            std::uint64_t seed, const char* name) {
  Shape shape = x.shape().with(0, rows).with(1, columns);
  for (int axis = 2; axis < shape.rank(); ++axis) shape = shape.with(axis, kernel);
  return weight(tape, shape, seed, name);
}
// Upsampling by a transposed convolution of 2.
Value doubled(Tape& tape, const Value& x, std::int64_t out, const Value& bias, std::uint64_t seed) {
  const Axes two = x.shape().rank() == 4 ? Axes(1, 2, 2) : Axes(2);
  return conv_transpose(x, sized(tape, x, x.shape()[1], out, 2, seed, "up.weight"), bias,
                        {.kernel = two.of(3, 1), .stride = two.of(3, 1)});
}
// A convolution of 3 that keeps the size.
Value same(Tape& tape, const Value& x, std::int64_t out, const Value& bias, std::uint64_t seed) {
  const bool deep = x.shape().rank() == 5;
  ConvAttributes a{.kernel = (deep ? Axes(3) : Axes(1, 3, 3)).of(3, 1)};
  a.pad_begin = a.pad_end = {deep ? 1 : 0, 1, 1};
  return conv(x, sized(tape, x, out, x.shape()[1], 3, seed, "conv.weight"), bias, a);
}

// The skip is a slice of the channels of the input, so that one input feeds both.
Graph rising(const Rise& rise) {
  Tape tape(Mode::shapes);
  const int dims = rise.coarse.rank() - 2;
  const Value x = tape.input(rise.coarse);
  Value up;
  if (rise.learned) {
    const Value bias = rise.bias ? weight(tape, {6}, 11, "up.bias") : Value();
    up = doubled(tape, x, 6, bias, 10);
  } else {
    up = resize(x, {.size = {2 * (dims == 3 ? rise.coarse[2] : 1), 2 * rise.coarse[dims],
                             2 * rise.coarse[dims + 1]}});
  }
  Value joined = up;
  if (rise.skip.rank() > 0) {
    const Value skip = tape.input(rise.skip);
    const Value parts[] = {rise.skip_first ? skip : up, rise.skip_first ? up : skip};
    joined = concat(parts);
  }
  const Value y = relu(same(tape, joined, 5, weight(tape, {5}, 13, "conv.bias"), 12));
  return trace(tape, {&y, 1});
}

}  // namespace

TEST_CASE("compose_phases: upsample, join, convolve without the upsampled image") {
  const Rise rises[] = {
      {"skip first", {2, 3, 8, 6}, {2, 4, 4, 3}, true, true, true},
      {"skip last", {1, 3, 6, 10}, {1, 4, 3, 5}, false, true, true},
      {"no bias", {1, 3, 6, 10}, {1, 4, 3, 5}, false, true, false},
      {"one coarse pixel", {1, 3, 2, 2}, {1, 4, 1, 1}, true, true, true},
      {"nearest", {1, 3, 6, 10}, {1, 4, 3, 5}, true, false, false},
      {"nearest, nothing to join", {}, {1, 4, 3, 5}, true, false, false},
      {"learned, nothing to join", {}, {1, 4, 3, 5}, true, true, false},
      {"volume", {1, 3, 6, 8, 4}, {1, 4, 3, 4, 2}, true, true, true},
      {"volume, nearest", {1, 3, 6, 8, 4}, {1, 4, 3, 4, 2}, false, false, false},
  };
  for (const Rise& rise : rises) {
    INFO(rise.name);
    const Graph graph = fuse_activation(rising(rise));
    const std::string text = checked(compose_all_phases, graph);
    CHECK(text.find("concat") == std::string::npos);
    CHECK(text.find("resize") == std::string::npos);
    CHECK((text.find("border_bias") != std::string::npos) == (rise.bias && rise.learned));
    if (rise.skip.rank() == 4) CHECK(macs(compose_all_phases(graph)) < macs(graph));
  }
  CHECK(checked(compose_all_phases, fuse_activation(rising(rises[1]))) ==
        "%0 = input input  [1x4x3x5]\n"
        "%1 = input input_1  [1x3x6x10]\n"
        "%2 = parameter conv.phases  [4x5x4x4]\n"
        "%3 = parameter conv.skip  [5x3x3x3]\n"
        "%4 = parameter conv.bias  [5]\n"
        "%5 = conv(%1, %3, %4) kernel=1x3x3 pad_begin=0x1x1 pad_end=0x1x1  [1x5x6x10]\n"
        "%6 = parameter conv.border  [9x5]\n"
        "%7 = border_bias(%5, %6)  [1x5x6x10]\n"
        "%8 = conv_transpose(%0, %2, -, %7) kernel=1x4x4 stride=1x2x2 pad_begin=0x1x1 "
        "pad_end=0x1x1 activation=relu  [1x5x6x10]\n"
        "return %8 output\n");
}

namespace {

// Upsampling to `up` channels, then a convolution to `out`.
Graph upsampled(const Shape& coarse, std::int64_t up, std::int64_t out) {
  return traced(coarse, [&](Tape& t, const Value& x) {
    return same(t, doubled(t, x, up, {}, 1), out, {}, 2);
  });
}

Tensor constant(const Graph& graph, std::string_view end) {
  for (const Node& node : graph.nodes)
    if (node.name.ends_with(end)) return node.value;
  return Tensor();
}

// W4 [coarse, out, 4^dims] by its definition, in double.
std::vector<double> phases_by_definition(const Graph& graph) {
  const Tensor up = constant(graph, "up.weight"), w3 = constant(graph, "conv.weight");
  const int dims = up.shape().rank() - 2;
  const std::vector<float> u = up.to_vector(), w = w3.to_vector();
  const auto power = [&](int base) {
    std::size_t n = 1;
    for (int i = 0; i < dims; ++i) n *= static_cast<std::size_t>(base);
    return n;
  };
  const std::size_t two = power(2), three = power(3), four = power(4);
  const auto coarse = static_cast<std::size_t>(up.shape()[0]),
             mid = static_cast<std::size_t>(up.shape()[1]),
             out = static_cast<std::size_t>(w3.shape()[0]);
  std::vector<double> sum(coarse * out * four);
  for (std::size_t s = 0; s < two; ++s)
    for (std::size_t k = 0; k < three; ++k) {
      std::size_t tap = 0;
      for (std::size_t i = 0, rest_s = s, rest_k = k, place = 1; i < static_cast<std::size_t>(dims);
           ++i, rest_s /= 2, rest_k /= 3, place *= 4)
        tap += place * (2 + rest_s % 2 - rest_k % 3);
      for (std::size_t c = 0; c < coarse; ++c)
        for (std::size_t o = 0; o < out; ++o) {
          double& to = sum[(c * out + o) * four + tap];
          for (std::size_t m = 0; m < mid; ++m)
            to += double{u[(c * mid + m) * two + s]} * double{w[(o * mid + m) * three + k]};
        }
    }
  return sum;
}

double error_against(const Tensor& got, const std::vector<double>& want) {
  const std::vector<float> numbers = got.to_vector();
  return test::relative_l2(std::span<const float>(numbers), std::span<const double>(want));
}

}  // namespace

// Values at four points and back: the error of a dot product, at most twice as much per axis.
TEST_CASE("compose_phases: weights are those of the definition") {
  for (const Shape& coarse : {Shape{1, 96, 64, 64}, Shape{1, 48, 32, 32, 32}}) {
    const Graph graph = upsampled(coarse, 64, 40);
    const std::vector<double> want = phases_by_definition(graph);
    CHECK(error_against(constant(compose_all_phases(graph), ".phases"), want) < 5e-7);
    for (const Precision p : {Precision::f32, Precision::bf16, Precision::f32_unsplit})
      if (const Tensor found = constant(compose_phases(graph, p), ".phases"))
        CHECK(error_against(found, want) < 5e-7);
  }
}

TEST_CASE("compose_phases: where one run wins back what making the weights takes") {
  if (!kernels::usable(kernels::Isa::avx2)) return;
  const auto composes = [](const Shape& coarse, std::int64_t up, std::int64_t out) {
    const Graph after = compose_phases(upsampled(coarse, up, out), Precision::f32);
    return static_cast<bool>(constant(after, ".phases"));
  };
  CHECK(composes({1, 64, 32, 32, 32}, 64, 64));
  CHECK_FALSE(composes({1, 512, 2, 2, 2}, 512, 256));
  CHECK(composes({1, 96, 128, 128}, 64, 40));
  CHECK_FALSE(composes({1, 512, 4, 4}, 256, 256));
}

TEST_CASE("compose_phases: not where the upsampled image has another reader") {
  const Graph graph = traced({1, 4, 3, 5}, [](Tape& t, const Value& x) {
    const Value up = resize(x, {.size = {1, 6, 10}});
    return add(conv3(t, up, 4, 1, "c.weight"), up);
  });
  CHECK(checked(compose_all_phases, graph) == to_text(graph));
}

TEST_CASE("fold_constants and merge_equal") {
  const Graph graph = traced({1, 3}, [](Tape& t, const Value& x) {
    const Value w = weight(t, {1, 3}, 1, "w");
    const Value left = multiply(x, scale(w, 2));
    const Value right = multiply(x, scale(w, 2));
    return add(left, right);
  });
  CHECK(checked(fold_constants, merge_equal(graph)) ==
        "%0 = input input  [1x3]\n"
        "%1 = parameter  [1x3]\n"
        "%2 = multiply(%0, %1)  [1x3]\n"
        "%3 = add(%2, %2)  [1x3]\n"
        "return %3 output\n");
  const Graph twice = traced({1, 3}, [](Tape&, const Value& x) { return add(relu(x), relu(x)); });
  CHECK(checked(merge_equal, twice) ==
        "%0 = input input  [1x3]\n"
        "%1 = activate(%0) activation=relu  [1x3]\n"
        "%2 = add(%1, %1)  [1x3]\n"
        "return %2 output\n");
}

TEST_CASE("recognize_silu: a factor that is the sigmoid of the other") {
  const Graph graph = traced({1, 3}, [](Tape&, const Value& x) {
    const Value y = scale(x, 2);
    const Value gate = sigmoid(x);
    return multiply(multiply(sigmoid(y), y), gate);
  });
  CHECK(checked(recognize_silu, graph) ==
        "%0 = input input  [1x3]\n"
        "%1 = scale(%0) scale=2 shift=0  [1x3]\n"
        "%2 = activate(%0) activation=sigmoid  [1x3]\n"
        "%3 = unary(%1) silu a=0 b=0  [1x3]\n"
        "%4 = multiply(%3, %2)  [1x3]\n"
        "return %4 output\n");
}

TEST_CASE("recognize_glu: a half and the sigmoid of the other, in this order") {
  const Graph graph = traced({1, 8, 2, 2}, [](Tape&, const Value& x) {
    const auto gated = [](const Value& v, std::int64_t half, std::int64_t first) {
      const Value part = slice(v, 1, first, half), gate = sigmoid(slice(v, 1, half - first, half));
      return first == 0 ? multiply(part, gate) : multiply(gate, part);
    };
    const Value other = gated(gated(x, 4, 0), 2, 2);  // the sigmoid of the lower half
    return multiply(sigmoid(slice(other, 1, 1, 1)), slice(other, 1, 0, 1));
  });
  CHECK(checked(recognize_glu, graph) ==
        "%0 = input input  [1x8x2x2]\n"
        "%1 = glu(%0) axis=1  [1x4x2x2]\n"
        "%2 = slice(%1) axis=1 first=2 count=2  [1x2x2x2]\n"
        "%3 = slice(%1) axis=1 first=0 count=2  [1x2x2x2]\n"
        "%4 = activate(%3) activation=sigmoid  [1x2x2x2]\n"
        "%5 = multiply(%4, %2)  [1x2x2x2]\n"
        "%6 = glu(%5) axis=1  [1x1x2x2]\n"
        "return %6 output\n");
}

TEST_CASE("remove_dead keeps inputs that nothing reads") {
  Graph graph;
  const int a = graph.add_input("a", {1, 2}), b = graph.add_input("b", {1, 2});
  (void)graph.add_constant("unused", Tensor::zeros({3}));
  graph.outputs.push_back({a, "y"});
  CHECK(to_text(remove_dead(graph)) ==
        "%0 = input a  [1x2]\n"
        "%1 = input b  [1x2]\n"
        "return %0 y\n");
  CHECK(b == 1);
}

TEST_CASE("verify tells a wrong graph") {
  const Graph good = traced({1, 3, 5, 5}, [](Tape&, const Value& x) { return relu(x); });
  CHECK_NOTHROW(verify(good));
  Graph later = good;
  later.nodes[1].inputs[0] = 1;
  CHECK_THROWS_AS(verify(later), Error);
  Graph shape = good;
  shape.nodes[1].shape = {1, 3, 5, 6};
  CHECK_THROWS_AS(verify(shape), Error);
  Graph type = good;
  type.nodes[1].type = DType::i64;
  CHECK_THROWS_AS(verify(type), Error);
  Graph output = good;
  output.outputs[0].node = 7;
  CHECK_THROWS_AS(verify(output), Error);
}

}  // namespace burin
