#include "engine/nn/linear.h"

#include "engine/error.h"

namespace burin {

Linear::Linear(const LinearOptions& o) {
  if (o.in < 1 || o.out < 1)
    throw Error("Linear", "sizes of 1 or more",
                std::to_string(o.in) + " to " + std::to_string(o.out));
  weight.value = Tensor::zeros({o.out, o.in}, DType::f32, Order::row_major);
  if (o.bias) bias.value = Tensor::zeros({o.out});
}

Value Linear::operator()(const Value& x) const { return (*this)(x, leaf(x.tape(), weight)); }

Value Linear::operator()(const Value& x, const Value& other_weight) const {
  return linear(x, other_weight, leaf(x.tape(), bias));
}

void Linear::initialize(const InitRule& rule, std::uint64_t seed, std::uint32_t layer) const {
  initialize_layer(weight, bias, rule, seed, layer);
}

}  // namespace burin
