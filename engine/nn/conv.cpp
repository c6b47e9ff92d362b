#include "engine/nn/conv.h"

#include "engine/error.h"

namespace burin {
namespace {

void check(const char* what, std::int64_t in, std::int64_t out, int groups, int dims) {
  if (in < 1 || out < 1)
    throw Error(what, "channels of 1 or more", std::to_string(in) + " to " + std::to_string(out));
  if (groups < 1 || in % groups != 0 || out % groups != 0)
    throw Error(what, "groups that divide the channels", std::to_string(groups));
  if (dims < 1 || dims > 3) throw Error(what, "1 to 3 dimensions", std::to_string(dims));
}

// [first, second, (kd), kh, kw]
Parameter zero_weight(std::int64_t first, std::int64_t second, const Axes& kernel, int dims) {
  const std::int64_t sizes[] = {first, second, kernel.d, kernel.h, kernel.w};
  std::vector<std::int64_t> shape(sizes, sizes + 2);
  shape.insert(shape.end(), sizes + 5 - dims, sizes + 5);
  return {.value = Tensor::zeros(Shape(shape), DType::f32, Order::row_major)};
}

Parameter zero_bias(bool wanted, std::int64_t channels) {
  return {.value = wanted ? Tensor::zeros({channels}) : Tensor()};
}

}  // namespace

Conv::Conv(const ConvOptions& o) {
  check("Conv", o.in, o.out, o.groups, o.dims);
  weight = zero_weight(o.out, o.in / o.groups, o.kernel, o.dims);
  bias = zero_bias(o.bias, o.out);
  attributes = {.kernel = o.kernel.of(o.dims, 1),
                .stride = o.stride.of(o.dims, 1),
                .dilation = o.dilation.of(o.dims, 1),
                .pad_begin = o.pad.of(o.dims, 0),
                .pad_end = o.pad.of(o.dims, 0),
                .groups = o.groups};
}

Value Conv::operator()(const Value& x) const { return (*this)(x, leaf(x.tape(), weight)); }

Value Conv::operator()(const Value& x, const Value& other_weight) const {
  return conv(x, other_weight, leaf(x.tape(), bias), attributes);
}

void Conv::initialize(const InitRule& rule, std::uint64_t seed, std::uint32_t layer) const {
  initialize_layer(weight, bias, rule, seed, layer);
}

ConvTranspose::ConvTranspose(const ConvTransposeOptions& o) {
  check("ConvTranspose", o.in, o.out, o.groups, o.dims);
  weight = zero_weight(o.in, o.out / o.groups, o.kernel, o.dims);
  bias = zero_bias(o.bias, o.out);
  attributes = {.kernel = o.kernel.of(o.dims, 1),
                .stride = o.stride.of(o.dims, 1),
                .dilation = o.dilation.of(o.dims, 1),
                .pad_begin = o.pad.of(o.dims, 0),
                .pad_end = o.pad.of(o.dims, 0),
                .output_padding = o.output_padding.of(o.dims, 0),
                .groups = o.groups};
}

Value ConvTranspose::operator()(const Value& x) const {
  return conv_transpose(x, leaf(x.tape(), weight), leaf(x.tape(), bias), attributes);
}

void ConvTranspose::initialize(const InitRule& rule, std::uint64_t seed,
                               std::uint32_t layer) const {
  initialize_layer(weight, bias, rule, seed, layer);
}

}  // namespace burin
