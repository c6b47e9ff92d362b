// Small networks of random layers, traced.
#pragma once

#include <cstdint>

#include "engine/graph/graph.h"
#include "engine/ops/ops.h"
#include "tests/support/tensors.h"

namespace burin::test {

// Square or cubic, and the same on every axis.
struct Layer {
  std::int64_t out;
  int kernel = 3, stride = 1, pad = 1, dilation = 1, groups = 1;
  bool transposed = false;
};

// relu(conv(x)), of two or three dimensions.
[[nodiscard]] inline Value layer(Tape& tape, const Value& x, const Layer& l, std::uint64_t seed) {
  const std::int64_t c = x.shape()[1], k = l.kernel;
  const bool deep = x.shape().rank() == 5;
  ConvAttributes a{.groups = l.groups};
  for (std::size_t axis = deep ? 0 : 1; axis < 3; ++axis) {
    a.kernel[axis] = l.kernel;
    a.stride[axis] = l.stride;
    a.pad_begin[axis] = a.pad_end[axis] = l.pad;
    a.dilation[axis] = l.dilation;
  }
  const std::int64_t rows = l.transposed ? c : l.out, columns = l.transposed ? l.out : c / l.groups;
  const Shape shape = deep ? Shape{rows, columns, k, k, k} : Shape{rows, columns, k, k};
  const Value w = tape.parameter(numbers(shape, seed), true, "w");
  const Value b = tape.parameter(numbers({l.out}, seed + 1), true, "b");
  return relu(l.transposed ? conv_transpose(x, w, b, a) : conv(x, w, b, a));
}

// What f(tape, input) makes of an input of this shape.
template <class F>
[[nodiscard]] Graph traced(const Shape& input, const F& f) {
  Tape tape(Mode::shapes);
  const Value y = f(tape, tape.input(input));
  return trace(tape, {&y, 1});
}

struct NetworkCase {
  const char* name;
  Shape input;
  Value (*build)(Tape&, const Value&);
};
[[nodiscard]] inline Graph traced(const NetworkCase& c) { return traced(c.input, c.build); }

}  // namespace burin::test
