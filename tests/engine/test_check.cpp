#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "engine/graph/check.h"
#include "engine/ops/ops.h"
#include "kernels/cap_scope.h"
#include "tests/support/tensors.h"

namespace burin {
namespace {

using test::numbers;
// Convolutions, a transposed one, pooling, a concatenation, a sum and a dense layer.
Graph network() {
  Tape tape(Mode::shapes);
  const auto parameter = [&tape](const Shape& shape, std::uint64_t seed) {
    return tape.parameter(numbers(shape, seed), true, "w" + std::to_string(seed));
  };
  const ConvAttributes same{.kernel = {1, 3, 3}, .pad_begin = {0, 1, 1}, .pad_end = {0, 1, 1}};
  const Value x = tape.input(Shape{1, 8, 16, 16});
  const Value skip = relu(conv(x, parameter({16, 8, 3, 3}, 1), {}, same));
  const Value low = max_pool(skip, {.kernel = {1, 2, 2}, .stride = {1, 2, 2}});
  const Value up = conv_transpose(low, parameter({16, 8, 2, 2}, 2), {},
                                  {.kernel = {1, 2, 2}, .stride = {1, 2, 2}});
  const Value parts[] = {skip, up};
  const Value y = conv(concat(parts), parameter({8, 24, 3, 3}, 3), {}, same);
  const std::int64_t sizes[] = {1, -1};
  const Value dense = linear(reshape(relu(add(y, x)), sizes), parameter({5, 2048}, 4), {});
  const Value out = softmax(dense, 1);
  return trace(tape, {&out, 1});
}

}  // namespace

TEST_CASE("every node of a program is checked against the reference") {
  const Graph graph = network();
  const Tensor x = numbers({1, 8, 16, 16}, 42);
  const auto want = interpret(graph, {&x, 1});
  for (const Precision precision : {Precision::exact, Precision::f32, Precision::bf16}) {
    int nodes = 0, convolutions = 0;
    const auto got =
        check_program(graph, {&x, 1}, precision, [&](const Graph& g, const NodeCheck& check) {
          const Node& node = g.at(check.node);
          INFO(node.op->name, " ", check.kernel);
          ++nodes;
          convolutions += std::string(node.op->name).starts_with("conv") ? 1 : 0;
          CHECK(check.error <= tolerated(precision));
        });
    CHECK(nodes >= 8);
    CHECK(convolutions >= 3);
    REQUIRE(got.size() == 1);
    CHECK(largest_error(got[0], want[0]) <= 10 * tolerated(precision));
  }
}

TEST_CASE("the largest error is relative to the largest number") {
  const auto tensor = [](std::vector<float> numbers) { return Tensor::from({1, 4}, numbers); };
  const float nan = std::nanf(""), infinity = std::numeric_limits<float>::infinity();
  CHECK(largest_error(tensor({1, 2, 3, 4}), tensor({1, 2, 3, 4})) == 0);
  CHECK(largest_error(tensor({1, 2, 3, 4}), tensor({1, 2, 1, 4})) == doctest::Approx(0.5));
  CHECK(largest_error(tensor({0, 0, 0, 0}), tensor({0, 0, 0, 0})) == 0);
  CHECK(largest_error(tensor({nan, 1, 1, 1}), tensor({nan, 1, 1, 1})) == 0);
  CHECK(std::isnan(largest_error(tensor({nan, 1, 1, 1}), tensor({1, 1, 1, 1}))));
  CHECK(largest_error(tensor({infinity, 1, 1, 1}), tensor({infinity, 1, 1, 1})) == 0);
  CHECK(largest_error(tensor({infinity, 1, 1, 1}), tensor({1, 1, 1, 1})) > 1);
}

TEST_CASE("a cap holds while its scope lasts") {
  using kernels::Isa;
  const Isa before = kernels::isa_cap();
  {
    const kernels::CapScope cap(Isa::reference);
    CHECK(kernels::usable(Isa::reference));
    CHECK_FALSE(kernels::usable(Isa::avx2));
  }
  CHECK(kernels::isa_cap() == before);
}

TEST_CASE("kept values do not share memory") {
  const Graph graph = network();
  const Tensor x = numbers({1, 8, 16, 16}, 42);
  Program program(graph, {.keep_values = true});
  (void)program.run({&x, 1});
  std::vector<Tensor> values(program.graph().nodes.size());
  (void)interpret(program.graph(), {&x, 1}, [&](int id, const Tensor& value) {
    values[static_cast<std::size_t>(id)] = value;
  });
  for (int id = 0; id < static_cast<int>(values.size()); ++id)
    CHECK(largest_error(program.value(id), values[static_cast<std::size_t>(id)]) < 1e-4);
}

}  // namespace burin
