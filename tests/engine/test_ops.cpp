#include <doctest/doctest.h>

#include <algorithm>

#include "engine/error.h"
#include "engine/graph/graph.h"
#include "engine/ops/all_ops.h"
#include "engine/ops/plan_cache.h"
#include "engine/runtime/workers.h"
#include "tests/engine/op_rows.h"
#include "tests/support/compare.h"

namespace burin::test {

namespace {

GradientOptions options_of(const OpRow& row) {
  GradientOptions options;
  options.wants = row.wants;
  options.tolerance = row.tolerance;
  if (!row.differentiable) options.wants.assign(row.inputs.size(), false);
  return options;
}

Derived run_with_threads(const OpRow& row, int threads) {
  runtime::configure({.threads = threads, .bind = runtime::Bind::none});
  const std::vector<Tensor> inputs =
      make_inputs(row, row.inputs, 3);  // running statistics start afresh
  const GradientOptions options = options_of(row);
  const std::size_t count = derive(row.run, inputs, options, nullptr).output.size();
  Random random(4);
  const std::vector<float> projection = random.reals(count);
  return derive(row.run, inputs, options, row.differentiable ? &projection : nullptr);
}

}  // namespace

TEST_CASE("every op has a row") {
  for (const OpDef* op : all_ops()) {
    INFO(std::string(op->name));
    CHECK(std::ranges::any_of(op_rows(), [&](const OpRow& row) { return row.op == op->name; }));
  }
}

TEST_CASE("every row records its op, with the shape that infer promises") {
  for (const OpRow& row : op_rows()) {
    INFO(row.op << ": " << row.what);
    for (const Mode mode : {Mode::training, Mode::inference, Mode::shapes}) {
      Tape tape(mode);
      const std::vector<Tensor> inputs = make_inputs(row, row.inputs, 1);
      const Value y = row.run(leaves(tape, inputs, options_of(row)));
      CHECK(std::ranges::any_of(tape.nodes(),
                                [&](const Node& n) { return n.op && n.op->name == row.op; }));
      if (mode == Mode::shapes) continue;
      REQUIRE(y.tensor());
      CHECK(y.tensor().shape() == y.shape());
      for (const float v : y.tensor().to_vector()) CHECK_MESSAGE(std::isfinite(v), "not finite");
    }
  }
}

TEST_CASE("forward writes into a slice that it is given") {
  for (const OpRow& row : op_rows()) {
    INFO(row.op << ": " << row.what);
    Tape tape(Mode::inference);
    const std::vector<Tensor> inputs = make_inputs(row, row.inputs, 1);
    const Value y = row.run(leaves(tape, inputs, {}));
    const Graph graph = trace(tape, {&y, 1});
    verify(graph);
    std::vector<Tensor> results(graph.nodes.size()), given;
    std::ranges::copy_if(inputs, std::back_inserter(given),
                         [](const Tensor& t) { return static_cast<bool>(t); });
    const auto visit = [&](int id, const Tensor& result) {
      const Node& node = graph.at(id);
      results[static_cast<std::size_t>(id)] = result;
      if (node.op == nullptr || node.shape.rank() < 2) return;
      const std::int64_t channels = node.shape.channels();
      const Tensor around = Tensor::zeros(node.shape.with(1, channels + 3), node.type);
      std::vector<Tensor> operands;
      for (const int operand : node.inputs)
        operands.push_back(operand < 0 ? Tensor() : results[static_cast<std::size_t>(operand)]);
      const float mark = node.type == DType::boolean ? 1.0f : 7.0f;
      around.fill(mark);
      const Tensor written =
          evaluate(*node.op, operands, node.attributes, around.channel_slice(1, channels));
      CHECK(same_bits(written.to_vector(), result.to_vector()));
      const std::vector<float> left = around.channel_slice(0, 1).to_vector();
      const std::vector<float> right = around.channel_slice(channels + 1, 2).to_vector();
      CHECK(std::ranges::all_of(left, [=](float v) { return v == mark; }));
      CHECK(std::ranges::all_of(right, [=](float v) { return v == mark; }));
    };
    const std::vector<Tensor> outputs = interpret(graph, given, visit);
    CHECK(same_bits(outputs[0].to_vector(), y.tensor().to_vector()));
  }
}

TEST_CASE("gradients agree with central differences") {
  for (const OpRow& row : op_rows()) {
    if (!row.differentiable) continue;
    const GradientReport report =
        check_gradient(row.run, make_inputs(row, row.inputs, 1), options_of(row));
    INFO(row.op << ": " << row.what << "\n" << report.text);
    CHECK(report.good);
  }
}

TEST_CASE("linear ops satisfy the adjoint identity on whole numbers") {
  for (const OpRow& row : op_rows()) {
    if (row.linear < 0) continue;
    INFO(row.op << ": " << row.what);
    Random random(5);
    std::vector<Tensor> inputs;
    for (const auto& shape : row.inputs)
      inputs.push_back(
          shape ? Tensor::from(*shape, random.integers(std::size_t(shape->elements()), 3))
                : Tensor());
    const auto which = static_cast<std::size_t>(row.linear);
    double allowed = row.adjoint_tolerance;
    if (allowed > 0) allowed *= dot(inputs[which].to_vector(), inputs[which].to_vector());
    CHECK(adjoint_gap(row.run, inputs, which) <= allowed);
  }
}

TEST_CASE("packed weights that inference keeps follow the weight's version") {
  const Tensor x = Tensor::full({1, 4, 3, 3}, 1), row = Tensor::full({2, 4}, 1);
  const Tensor weight = Tensor::full({2, 4, 1, 1}, 1, Order::row_major);
  const Tensor matrix = Tensor::full({3, 4}, 1, Order::row_major);
  const auto check = [&](float want) {
    Tape tape(Mode::inference);
    const Value y = conv(tape.input(x), tape.input(weight), {}, {});
    const Value z = linear(tape.input(row), tape.input(matrix), {});
    CHECK(y.tensor().to_vector() == std::vector<float>(18, want));
    CHECK(z.tensor().to_vector() == std::vector<float>(6, want));
  };
  check(4);
  REQUIRE(weight.storage()->attachment);
  REQUIRE(matrix.storage()->attachment);
  for (const Tensor& w : {weight, matrix}) {
    w.fill(2);
    w.storage()->bump_version();
  }
  check(8);
}

TEST_CASE("choices of kernels are remembered up to a bound") {
  const auto multiply_by = [](std::int64_t n) {
    Tape tape(Mode::inference);
    (void)matmul(tape.input(Tensor::zeros({1, 1})), tape.input(Tensor::zeros({1, n})));
  };
  const auto last = static_cast<std::int64_t>(most_choices) + 7;
  for (std::int64_t n = 1; n <= last; ++n) multiply_by(n);
  const std::vector<ChosenKernel> chosen = chosen_kernels();
  CHECK(chosen.size() == most_choices);
  CHECK(chosen.back().shape == "1x1 * 1x" + std::to_string(last));
  multiply_by(last);
  CHECK(chosen_kernels().front().shape == chosen.front().shape);  // nothing was pushed out
}

TEST_CASE("a bias may be a view with gaps") {
  const std::vector<float> pairs{1, 9, 2, 9, 3, 9};
  const Tensor column = Tensor::from({3, 2}, pairs, Order::row_major).channel_slice(0, 1);
  REQUIRE(column.reshape({3}).storage() == column.storage());
  Tape tape(Mode::inference);
  const Value bias = tape.input(column.reshape({3}));
  const auto zeros = [&](const Shape& shape) { return tape.input(Tensor::zeros(shape)); };
  const std::vector<float> want{1, 2, 3};
  CHECK(linear(zeros({1, 4}), zeros({3, 4}), bias).tensor().to_vector() == want);
  const Value x = zeros({1, 4, 1, 1});
  CHECK(conv(x, zeros({3, 4, 1, 1}), bias, {}).tensor().to_vector() == want);
  CHECK(conv_transpose(x, zeros({4, 3, 1, 1}), bias, {}).tensor().to_vector() == want);
}

TEST_CASE("wrong shapes are refused with an Error") {
  for (const OpRow& row : op_rows()) {
    for (const Inputs& shapes : row.bad) {
      std::string text;
      for (const auto& shape : shapes) text += (shape ? shape->text() : "-") + " ";
      INFO(row.op << ": " << row.what << ": " << text);
      Tape tape(Mode::inference);
      const std::vector<Tensor> inputs = make_inputs(row, shapes, 1);
      CHECK_THROWS_AS(row.run(leaves(tape, inputs, {})), Error);
    }
  }
}

TEST_CASE("bits do not depend on the number of threads") {
  for (const OpRow& row : op_rows()) {
    const Derived one = run_with_threads(row, 1);
    for (const int threads : {2, 3}) {
      INFO(row.op << ": " << row.what << ", " << threads << " threads");
      const Derived more = run_with_threads(row, threads);
      CHECK(same_bits(one.output, more.output));
      REQUIRE(one.gradients.size() == more.gradients.size());
      for (std::size_t i = 0; i < one.gradients.size(); ++i)
        CHECK(same_bits(one.gradients[i], more.gradients[i]));
    }
  }
  runtime::configure({});
}

}  // namespace burin::test
