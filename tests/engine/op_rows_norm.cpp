// Rows of batch, instance and group normalization.
#include "engine/ops/ops.h"
#include "tests/engine/op_rows.h"

namespace burin::test {
namespace {

// x, gamma, beta, and for batch norm running mean and variance; numbers away from 0 keep the
// activations' kinks rare, and the check takes the best of three steps.
Tensor inputs_of_norm(std::size_t i, const Shape& shape, Random& random) {
  // Not the stream that the check draws its projection from: normalized numbers do not change along
  // themselves, so projecting on x itself would leave no gradient to check.
  Random own(random.bits());
  std::vector<float> numbers = own.reals(static_cast<std::size_t>(shape.elements()));
  for (float& v : numbers) {
    if (i == 1) v = 1.0f + 0.5f * v;
    if (i == 4) v = 1.5f + v;
  }
  return Tensor::from(shape, numbers, shape.rank() > 2 ? Order::channels_last : Order::row_major);
}

auto batch(Activation activation) {
  return [activation](auto v) {
    return batch_norm(v[0], v[1], v[2], v[3], v[4],
                      {.epsilon = 1e-3f, .activation = activation, .slope = 0.3f});
  };
}

Inputs batch_inputs(const Shape& x) {
  const Shape c{x.channels()};
  return {x, c, c, c, c};
}

OpRow batch_row(const char* what, const Shape& x, Activation activation) {
  return {.op = "batch_norm",
          .what = what,
          .inputs = batch_inputs(x),
          .run = batch(activation),
          .wants = {true, true, true, false, false},
          .tolerance = 2e-2,
          .make = inputs_of_norm};
}

OpRow sample_row(const char* what, const Shape& x, int groups, Activation activation) {
  const NormAttributes a{
      .groups = groups < 1 ? 1 : groups, .activation = activation, .slope = 0.2f};
  const Shape c{x.channels()};
  OpRow row{.op = groups > 0 ? "group_norm" : "instance_norm",
            .what = what,
            .inputs = {x, c, c},
            .run =
                [=](auto v) {
                  return groups > 0 ? group_norm(v[0], v[1], v[2], a)
                                    : instance_norm(v[0], v[1], v[2], a);
                },
            .tolerance = 2e-2,
            .make = inputs_of_norm};
  row.bad = {{x, Shape{x.channels() + 1}, c}, {x, c, Shape{x.channels(), 1}}, {Shape{4}, c, c}};
  return row;
}

// gamma and beta, or one of them, left out.
OpRow bare_row(const char* what, const Shape& x, int groups, bool gamma, bool beta) {
  OpRow row = sample_row(what, x, groups, Activation::relu);
  if (!gamma) row.inputs[1].reset();
  if (!beta) row.inputs[2].reset();
  return row;
}

const RegisterRows rows{
    {batch_row("plain", {2, 3, 5, 4}, Activation::none),
     batch_row("relu", {3, 17, 4, 4}, Activation::relu),
     batch_row("leaky relu, one channel", {2, 1, 6, 7}, Activation::leaky_relu),
     batch_row("volume", {2, 20, 3, 2, 4}, Activation::none),
     batch_row("no pixels axis", {9, 6}, Activation::none),
     batch_row("several blocks", {2, 4, 80, 70}, Activation::leaky_relu),
     sample_row("instances", {2, 5, 4, 6}, 0, Activation::none),
     sample_row("instances, relu", {2, 18, 5, 4}, 0, Activation::relu),
     sample_row("groups of 3", {2, 12, 4, 3}, 4, Activation::none),
     sample_row("one group, leaky relu", {3, 10, 3, 5}, 1, Activation::leaky_relu),
     bare_row("instances, neither gamma nor beta", {2, 5, 4, 6}, 0, false, false),
     bare_row("instances, no beta", {2, 5, 4, 6}, 0, true, false),
     bare_row("groups, neither gamma nor beta", {2, 12, 4, 3}, 4, false, false),
     bare_row("groups, no gamma", {2, 12, 4, 3}, 4, false, true)}};

const RegisterRows wrong{{
    {.op = "batch_norm",
     .what = "wrong shapes",
     .inputs = batch_inputs({2, 3, 4, 4}),
     .run = batch(Activation::none),
     .wants = {true, true, true, false, false},
     .bad = {{Shape{2, 3, 4, 4}, Shape{2}, Shape{3}, Shape{3}, Shape{3}},
             {Shape{2, 3, 4, 4}, Shape{3}, Shape{3}, Shape{3}, Shape{3, 1}},
             {Shape{2, 3, 4, 4}, Shape{}, Shape{3}, Shape{3}, Shape{3}},
             {Shape{2, 3, 4, 4}, {}, {}, Shape{3}, Shape{3}},
             {Shape{2, 3, 4, 4}, Shape{3}, Shape{3}, {}, {}},
             {Shape{3}, Shape{3}, Shape{3}, Shape{3}, Shape{3}}},
     .make = inputs_of_norm},
}};

}  // namespace
}  // namespace burin::test
