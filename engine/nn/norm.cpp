#include "engine/nn/norm.h"

#include "engine/error.h"

namespace burin {
namespace {

void check(const char* what, std::int64_t channels, int groups) {
  if (channels < 1) throw Error(what, "channels of 1 or more", std::to_string(channels));
  if (groups < 1 || channels % groups != 0)
    throw Error(what, "groups that divide " + std::to_string(channels), std::to_string(groups));
}

Parameter constant(bool wanted, std::int64_t channels, float value, bool trainable = true) {
  return {.value = wanted ? Tensor::full({channels}, value) : Tensor(), .trainable = trainable};
}

// Whether the norm applies the activation itself; the others follow it as an op of their own.
bool fuses(Activation activation) {
  return activation == Activation::none || activation == Activation::relu ||
         activation == Activation::leaky_relu;
}

}  // namespace

BatchNorm::BatchNorm(const BatchNormOptions& o) {
  check("BatchNorm", o.channels, 1);
  weight = constant(true, o.channels, 1);
  bias = constant(true, o.channels, 0);
  running_mean = constant(true, o.channels, 0, false);
  running_var = constant(true, o.channels, 1, false);
  attributes = {
      .epsilon = o.epsilon, .momentum = o.momentum, .activation = o.activation, .slope = o.slope};
}

Value BatchNorm::operator()(const Value& x) const {
  Tape& t = x.tape();
  NormAttributes own = attributes;
  if (!fuses(own.activation)) own.activation = Activation::none;
  const Value y = batch_norm(x, leaf(t, weight), leaf(t, bias), leaf(t, running_mean),
                             leaf(t, running_var), own);
  return fuses(attributes.activation) ? y : activate(y, {.activation = attributes.activation});
}

InstanceNorm::InstanceNorm(const InstanceNormOptions& o) {
  check("InstanceNorm", o.channels, 1);
  weight = constant(o.affine, o.channels, 1);
  bias = constant(o.affine, o.channels, 0);
  attributes = {.epsilon = o.epsilon, .activation = o.activation, .slope = o.slope};
}

Value InstanceNorm::operator()(const Value& x) const {
  return instance_norm(x, leaf(x.tape(), weight), leaf(x.tape(), bias), attributes);
}

GroupNorm::GroupNorm(const GroupNormOptions& o) {
  check("GroupNorm", o.channels, o.groups);
  weight = constant(o.affine, o.channels, 1);
  bias = constant(o.affine, o.channels, 0);
  attributes = {
      .epsilon = o.epsilon, .groups = o.groups, .activation = o.activation, .slope = o.slope};
}

Value GroupNorm::operator()(const Value& x) const {
  return group_norm(x, leaf(x.tape(), weight), leaf(x.tape(), bias), attributes);
}

}  // namespace burin
