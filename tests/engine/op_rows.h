// One row drives everything that holds for every op: forward runs, gradient check, adjoint
// identity, shape errors, bit-equality over thread counts. A family keeps its rows in
// op_rows_<family>.cpp:
//
//   const RegisterRows conv{{
//       {.op = "conv", .what = "3x3 stride 2", .inputs = {Shape{2, 3, 7, 6}, Shape{4, 3, 3, 3},
//       Shape{4}},
//        .run = [](auto v) { return conv(v[0], v[1], v[2], {...}); },
//        .bad = {{Shape{2, 3, 7, 6}, Shape{4, 2, 3, 3}, Shape{4}}}},
//       ...
//   }};
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "engine/ops/ops.h"
#include "tests/support/gradient_check.h"

namespace burin::test {

using Inputs = std::vector<std::optional<Shape>>;  // nullopt: an absent optional input

struct OpRow {
  std::string op;    // OpDef::name; the tape of `run` must hold it
  std::string what;  // what this row is about
  Inputs inputs;
  Function run;
  std::vector<bool> wants = {};  // inputs to differentiate; empty: all
  double tolerance = 1e-2;       // of the gradient check
  int linear = -1;  // input in which the op is linear: the adjoint identity must be exact
  double adjoint_tolerance =
      0;  // share of <f(x),y>, for entries that are not exact on whole numbers
  bool differentiable = true;
  std::vector<Inputs> bad = {};  // each must throw Error
  // Makes input i; default: uniform numbers in [-1, 1), at least 0.05 away from 0.
  std::function<Tensor(std::size_t i, const Shape& shape, Random& random)> make = nullptr;
};

std::vector<OpRow>& op_rows();

// Numbers for inputs of these shapes; undefined where the row has none.
std::vector<Tensor> make_inputs(const OpRow& row, const Inputs& shapes, std::uint64_t seed);

struct RegisterRows {
  RegisterRows(std::initializer_list<OpRow> rows) {
    op_rows().insert(op_rows().end(), rows.begin(), rows.end());
  }
};

}  // namespace burin::test
