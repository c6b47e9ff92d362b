// Runs one matrix product entry the way the engine does, in guarded memory.
#pragma once

#include <cstring>
#include <vector>

#include "kernels/matmul/matmul.h"
#include "tests/kernels/run_conv.h"

namespace burin::test {

// The numbers lie as the strides of the shape say; rows of c are `c_gap` numbers apart.
struct MatmulCase {
  kernels::MatmulShape shape;
  std::vector<float> a, b, bias, residual;  // residual: dense rows, where the shape has one
  kernels::Epilogue epilogue{};
  int c_gap = 0;
  TaskOrder order = TaskOrder::whole;
  Guard guard = Guard::bytes;
};

inline ConvResult run_matmul(const kernels::MatmulKernel& entry, const MatmulCase& c) {
  const kernels::MatmulShape& s = c.shape;
  GuardedBuffer<float> b(c.b.size(), c.guard), bias(c.bias.size(), c.guard);
  Activations a(s.source_type, c.a.size(), c.guard);
  Activations to(s.target_type, spread_size(s.m, static_cast<int>(s.n), c.c_gap), c.guard);
  Activations residual(s.target_type, s.residual ? to.size() : 0, c.guard);
  if (s.residual) spread(residual, c.residual, static_cast<int>(s.n), c.c_gap);
  GuardedBuffer<std::uint8_t> packed(up_to_line(entry.packed_bytes(s)), c.guard);
  Scratch scratch(entry, s, c.guard);
  for (std::size_t i = 0; i < c.a.size(); ++i) a.set(i, c.a[i]);
  b.assign(c.b);
  bias.assign(c.bias);
  spread(to, {}, static_cast<int>(s.n), c.c_gap);
  std::memset(packed.data(), 0xff, packed.size());
  pack_in_two(entry, s, b.data(), packed.data());
  const kernels::MatmulArgs args{.shape = s,
                                 .a = a.data(),
                                 .packed = packed.data(),
                                 .bias = c.bias.empty() ? nullptr : bias.data(),
                                 .residual = s.residual ? residual.data() : nullptr,
                                 .residual_row = s.n + c.c_gap,
                                 .c = to.data(),
                                 .c_row = s.n + c.c_gap,
                                 .epilogue = c.epilogue,
                                 .shared = scratch.shared.data()};
  run_tasks(entry, args, c.order, scratch.workspace.data());
  ConvResult result = collect(to, s.m, static_cast<int>(s.n), c.c_gap);
  if (!a.intact() || !b.intact() || !bias.intact() || !residual.intact())
    result.fault = "wrote into an input";
  if (!packed.intact() || !scratch.workspace.intact() || !scratch.shared.intact())
    result.fault = "wrote beyond scratch";
  return result;
}

}  // namespace burin::test
