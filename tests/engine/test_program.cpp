#include <doctest/doctest.h>

#include <algorithm>

#include "engine/error.h"
#include "engine/graph/program.h"
#include "engine/runtime/workers.h"
#include "tests/support/networks.h"

namespace burin {
namespace {

using test::error_of;
using test::layer;
using test::NetworkCase;
using test::numbers;
using test::traced;

const NetworkCase cases[] = {
    {"skip joined with what comes up",
     {1, 64, 24, 24},  // wide enough for tiles to pay
     [](Tape& t, const Value& x) {
       const Value skip = layer(t, x, {.out = 64}, 1);
       const Value low =
           layer(t, max_pool(skip, {.kernel = {1, 2, 2}, .stride = {1, 2, 2}}), {.out = 64}, 3);
       const Value w = t.parameter(numbers({64, 32, 2, 2}, 5), true, "up");
       const Value up = conv_transpose(low, w, {}, {.kernel = {1, 2, 2}, .stride = {1, 2, 2}});
       const Value parts[] = {skip, up};
       return layer(t, concat(parts), {.out = 4}, 7);
     }},
    {"dense block: concatenations that grow",
     {2, 4, 6, 6},
     [](Tape& t, const Value& x) {
       const Value a = layer(t, x, {.out = 4}, 1);
       const Value one[] = {x, a};
       const Value b = layer(t, concat(one), {.out = 4}, 2);
       const Value two[] = {x, a, b};
       const Value c = layer(t, concat(two), {.out = 4}, 3);
       const Value three[] = {x, a, b, c};
       return concat(three);
     }},
    {"halves swapped and joined",
     {1, 8, 5, 7},
     [](Tape& t, const Value& x) {
       const Value y = layer(t, x, {.out = 8}, 1);
       const Value parts[] = {slice(y, 1, 4, 4), layer(t, slice(y, 1, 0, 4), {.out = 4}, 5)};
       return concat(parts);
     }},
    {"the same value twice in one concatenation",
     {1, 4, 5, 5},
     [](Tape& t, const Value& x) {
       const Value y = layer(t, x, {.out = 4}, 1);
       const Value parts[] = {y, y, x};
       return concat(parts);
     }},
    {"flatten and dense",
     {2, 3, 6, 6},
     [](Tape& t, const Value& x) {
       const Value y = layer(t, x, {.out = 8}, 1);
       const std::int64_t sizes[] = {2, -1};
       const Value w = t.parameter(numbers({5, 288}, 9), true, "w");
       return softmax(relu(linear(reshape(y, sizes), w, {})), 1);
     }},
    {"dense layers",
     {48, 40, 2, 2},
     [](Tape& t, const Value& x) {
       const std::int64_t sizes[] = {48, -1};
       Value y = reshape(layer(t, x, {.out = 64}, 1), sizes);
       for (const std::int64_t out : {270, 133, 6}) {
         const Value w = t.parameter(numbers({out, y.shape()[1]}, 9), true, "w");
         const Value b = t.parameter(numbers({out}, 10), true, "b");
         y = relu(linear(y, w, b));
       }
       return y;
     }},
    {"an output that is read again",
     {1, 4, 6, 6},
     [](Tape& t, const Value& x) { return add(layer(t, x, {.out = 4}, 1), x); }},
};

}  // namespace

TEST_CASE("a program computes what its graph means") {
  for (const NetworkCase& c : cases) {
    INFO(c.name);
    const Graph graph = traced(c);
    const Tensor x = numbers(c.input, 42);  // row major: the program brings it into order
    const auto want = interpret(graph, {&x, 1});
    for (const bool optimized : {false, true}) {
      Program program(graph, {.optimize = optimized});
      for (int round = 0; round < 2; ++round) {
        const auto got = program.run({&x, 1});
        REQUIRE(got.size() == 1);
        CHECK(got[0].shape() == want[0].shape());
        CHECK(error_of(got[0], want[0]) < 1e-5);
      }
    }
  }
}

TEST_CASE("a program's bits do not depend on the number of threads") {
  for (const NetworkCase& c : cases) {
    INFO(c.name);
    const Graph graph = traced(c);
    const Tensor x = numbers(c.input, 42);
    std::vector<float> one;
    for (const int threads : {1, 2, 3}) {
      runtime::configure({.threads = threads, .bind = runtime::Bind::none});
      Program program(graph, {});
      const std::vector<float> got = program.run({&x, 1})[0].to_vector();
      if (threads == 1) one = got;
      CHECK(test::same_bits(got, one));
    }
  }
  runtime::configure({});
}

TEST_CASE("bf16: activations are stored as such where kernels gain, and results stay near") {
  const bool multiplies = kernels::usable(kernels::Isa::bf16);
  double largest = 0;
  for (const NetworkCase& c : cases) {
    INFO(c.name);
    const Graph graph = traced(c);
    const Tensor x = numbers(c.input, 42);
    const auto want = interpret(graph, {&x, 1});
    Program program(graph, {.precision = Precision::bf16});
    const auto got = program.run({&x, 1});
    CHECK(got[0].dtype() == DType::f32);
    const double error = error_of(got[0], want[0]);
    CHECK(error < 2e-2);
    largest = std::max(largest, error);
  }
  CHECK((largest > 1e-4) == multiplies);
  const Graph wide = test::traced({1, 64, 24, 24}, [](Tape& t, const Value& x) {
    const Value y = layer(t, layer(t, x, {.out = 64}, 1), {.out = 64}, 3);
    const Value z = max_pool(y, {.kernel = {1, 2, 2}, .stride = {1, 2, 2}});
    return layer(t, z, {.out = 64}, 5);
  });
  const Program program(wide, {.precision = Precision::bf16});
  int stored = 0;
  for (const Node& node : program.graph().nodes) stored += node.type == DType::bf16;
  CHECK(stored == (multiplies ? 3 : 0));  // all but the result
}

TEST_CASE("bf16: dense layers hand bf16 on, and the result is f32") {
  const auto dense = std::find_if(std::begin(cases), std::end(cases), [](const NetworkCase& c) {
    return std::string_view(c.name) == "dense layers";
  });
  const Program program(traced(*dense), {.precision = Precision::bf16});
  std::vector<DType> types;
  for (const Node& node : program.graph().nodes)
    if (node.op != nullptr && node.op->name == "linear") types.push_back(node.type);
  const auto kept = [](bool yes) { return yes ? DType::bf16 : DType::f32; };
  const bool tiles = kernels::usable(kernels::Isa::amx);
  const bool pairs = kernels::usable(kernels::Isa::bf16) && kernels::bf16_pair_cost() < 1;
  // Tiles alone take the 133 numbers of the second one: no pairs.
  CHECK(types == std::vector<DType>{kept(tiles || pairs), kept(tiles), DType::f32});
}

TEST_CASE("bf16: a depthwise convolution, fast in f32 alone, keeps f32") {
  const auto build = [](Tape& t, const Value& x) {
    const Value y = layer(t, layer(t, x, {.out = 64}, 1), {.out = 64}, 3);
    const Value z = layer(t, y, {.out = 64, .groups = 64}, 5);
    return layer(t, layer(t, z, {.out = 64}, 7), {.out = 64}, 9);
  };
  const Program program(test::traced({1, 64, 24, 24}, build), {.precision = Precision::bf16});
  std::vector<DType> types;
  for (const Node& node : program.graph().nodes)
    if (node.op != nullptr && node.op->name == "conv") types.push_back(node.type);
  const DType near = kernels::usable(kernels::Isa::bf16) ? DType::bf16 : DType::f32;
  CHECK(types == std::vector<DType>{near, DType::f32, DType::f32, near, DType::f32});
}

TEST_CASE("exact: f32 multiply-adds of the plain definition only") {
  const Program program(traced(cases[0]), {.precision = Precision::exact});
  for (const ProgramStep& step : program.steps()) {
    CHECK(step.step.kernel.find("tiles") == std::string::npos);
    CHECK(step.step.kernel.find("winograd") == std::string::npos);
  }
}

TEST_CASE("few results for an image are not made of split factors") {
  const auto split_steps = [](std::int64_t results, bool flat = false) {
    Tape tape(Mode::shapes);
    const Value x = tape.input(Shape{2, 64, 32, 32});
    Value y = global_average_pool(layer(tape, layer(tape, x, {.out = 64}, 2), {.out = results}, 4));
    const std::int64_t all[] = {-1};
    if (flat) y = reshape(y, all);  // its first axis counts no images
    const Program program(trace(tape, {&y, 1}), {});
    return std::count_if(program.steps().begin(), program.steps().end(),
                         [](const auto& s) { return s.step.kernel.starts_with("tiles_split"); });
  };
  CHECK(split_steps(4) == 0);
  CHECK((split_steps(64) > 0) == kernels::usable(kernels::Isa::amx));
  CHECK((split_steps(64, true) > 0) == kernels::usable(kernels::Isa::amx));
}

TEST_CASE("a run takes no memory from the system or the arena") {
  const Graph graph = traced(cases[0]);
  const Tensor x = numbers(cases[0].input, 42);
  Program program(graph, {});
  (void)program.run({&x, 1});
  const auto before = arena_statistics();
  (void)program.run({&x, 1});
  CHECK(arena_statistics().peak_bytes == before.peak_bytes);
  CHECK(arena_statistics().system_calls == before.system_calls);
}

TEST_CASE("packed weights take the memory of those that were packed before") {
  constexpr std::int64_t wide = 1024, layers = 12, bytes = wide * wide * 4;
  Graph graph = test::traced({4, wide}, [](Tape& tape, const Value& x) {
    Value y = x;
    for (std::uint64_t i = 0; i < layers; ++i)
      y = linear(y, tape.parameter(numbers({wide, wide}, i), true, "w"), {});
    return y;
  });
  const auto before = arena_statistics();
  REQUIRE(before.peak_bytes < before.live_bytes + 3 * bytes);  // of the cases above
  const Program program(std::move(graph), {});
  CHECK(program.packed_bytes() >= layers * bytes);
  CHECK(arena_statistics().peak_bytes < before.live_bytes + 3 * bytes);
}

TEST_CASE("a small program has run on zeros when it is made") {
  Tape tape(Mode::shapes);
  const Tensor one = Tensor::full({1}, 1, Order::row_major);
  const Value y = add(tape.input(Shape{3}), tape.parameter(one, true, "one"));
  const Program program(trace(tape, {&y, 1}), {});
  CHECK(program.value(program.graph().outputs[0].node).to_vector() == std::vector<float>(3, 1));
}

TEST_CASE("what the zeros of the first runs do not suit is no error of the program") {
  Tape tape(Mode::shapes);
  const Value table = tape.parameter(numbers({12}, 1), true, "table");
  const Value x = tape.input(Shape{2});
  const Tensor hundred = Tensor::full({1}, 100, Order::row_major);
  const Value y = gather(table, cast(add(x, tape.parameter(hundred, true, "c")), DType::i64), 0);
  Program program(trace(tape, {&y, 1}), {});
  const float inside[] = {-95, -89}, outside[] = {0, 0};
  const Tensor good = Tensor::from({2}, inside), bad = Tensor::from({2}, outside);
  const std::vector<float> all = numbers({12}, 1).to_vector();
  CHECK(program.run({&good, 1})[0].to_vector() == std::vector{all[5], all[11]});
  CHECK_THROWS_AS(program.run({&bad, 1}), Error);
}

TEST_CASE("operands of a concatenation are made inside of it") {
  const Program program(traced(cases[0]), {});
  for (const ProgramStep& step : program.steps())
    CHECK(program.graph().at(step.node).op->name != "concat");
  const Program dense(traced(cases[1]), {});
  for (const ProgramStep& step : dense.steps())
    CHECK(dense.graph().at(step.node).op->name != "concat");
}

TEST_CASE("a program refuses other inputs and too little memory") {
  const Graph graph = traced(cases[0]);
  Program program(graph, {});
  const Tensor other = numbers({1, 8, 12, 10}, 1);
  CHECK_THROWS_AS(program.run({&other, 1}), Error);
  CHECK_THROWS_AS(program.run({}), Error);
  CHECK_THROWS_AS(Program(graph, {.max_memory = 1000}), Error);
}

TEST_CASE("every candidate of a step is ranked or says why not") {
  const Program program(traced(cases[0]), {});
  int planned = 0;
  for (const ProgramStep& step : program.steps()) {
    if (step.step.ranking.empty()) continue;
    ++planned;
    CHECK(step.step.ranking[0].refused.empty());
    for (const Candidate& candidate : step.step.ranking)
      CHECK((candidate.cost > 0) == candidate.refused.empty());
  }
  CHECK(planned == 4);
}

}  // namespace burin
