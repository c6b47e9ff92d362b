// The plain form of unary.h, each number computed in double and rounded once.
#pragma once

#include "kernels/elementwise/pointwise_reference.h"
#include "kernels/elementwise/unary_exact.h"

namespace burin::kernels {
namespace {

ExactUnary exact(UnaryCall call) noexcept { return {call.function, call.a, call.b}; }

void unary(UnaryCall call, Extent e, In x, Out y) noexcept {
  each(e, y, [=, f = exact(call)](auto p, auto c) { return f(at(x, p, c)); });
}

void unary_backward(UnaryCall call, Extent e, In dy, In x, Out dx) noexcept {
  each(e, dx,
       [=, f = exact(call)](auto p, auto c) { return at(dy, p, c) * f.derivative(at(x, p, c)); });
}

constexpr UnaryFunctions unary_reference{unary, unary_backward};

}  // namespace
}  // namespace burin::kernels
