// Kernels chosen by timing.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "engine/graph/program.h"
#include "engine/ops/ops.h"
#include "engine/ops/shape_text.h"
#include "engine/ops/tuned_kernels.h"
#include "tests/support/shapes.h"
#include "tests/support/tensors.h"

namespace burin {
namespace {

const char* const names[] = {"slow", "fast", "middle"};

// Seconds that were handed out, by name.
struct Clock {
  std::vector<double> times;
  std::vector<int> runs = std::vector<int>(3, 0);
  std::function<double(std::size_t)> seconds() {
    return [this](std::size_t i) {
      ++runs[i];
      return times[i];
    };
  }
};

TEST_CASE("the fastest is taken, and remembered") {
  TunedKernels tuned;
  Clock clock{.times = {0.05, 0.01, 0.015}};
  CHECK(tuned.fastest("a", names, clock.seconds()).kernel == "fast");
  CHECK(tuned.timed() == 1);
  CHECK(clock.runs[0] < clock.runs[2]);  // over twice the best: not run again
  Clock other{.times = {0.01, 0.05, 0.05}};
  const TunedKernel again = tuned.fastest("a", names, other.seconds());
  CHECK(again.kernel == "fast");
  CHECK(again.milliseconds == doctest::Approx(10));
  CHECK(other.runs == std::vector<int>{0, 0, 0});
  CHECK(tuned.fastest("b", names, other.seconds()).kernel == "slow");
}

TEST_CASE("the shortest of several times counts") {
  TunedKernels tuned;
  int turn = 0;
  const auto seconds = [&](std::size_t i) {
    ++turn;
    return i == 1 && turn < 8 ? 0.018 : i == 1 ? 0.008 : 0.010;
  };
  CHECK(tuned.fastest("a", names, seconds).kernel == "fast");
}

TEST_CASE("the text brings it back; what is not understood is timed again") {
  TunedKernels tuned;
  Clock clock{.times = {0.05, 0.01, 0.015}};
  (void)tuned.fastest("conv 1x2 -> 3, kernel", names, clock.seconds());
  TunedKernels back(tuned.text());
  CHECK(back.text() == tuned.text());
  Clock other{.times = {0.01, 0.05, 0.05}};
  CHECK(back.fastest("conv 1x2 -> 3, kernel", names, other.seconds()).kernel == "fast");
  CHECK(back.timed() == 0);
  TunedKernels damaged("a\tfast\na\tfast\tnan\n\n\ta\n\t\t\nb\tgone\t0.1\nc\tfast\t0.2");
  CHECK(damaged.fastest("a", names, other.seconds()).kernel == "slow");
  CHECK(damaged.fastest("b", names, other.seconds()).kernel == "slow");  // no such entry any more
  CHECK(damaged.timed() == 2);
  CHECK(damaged.fastest("c", names, other.seconds()).kernel == "fast");
}

TEST_CASE("a table takes over what it does not know") {
  TunedKernels tuned("a\tfast\t1.0000\nb\tslow\t2.0000\n");
  tuned.add(TunedKernels("b\tfast\t1.0000\nc\tslow\t3.0000\n"));
  CHECK(tuned.text() == "a\tfast\t1.0000\nb\tslow\t2.0000\nc\tslow\t3.0000\n");
  CHECK(tuned.timed() == 0);
}

TEST_CASE("shapes that differ differ in words") {
  const kernels::ConvShape shape = test::same_3x3(16, 16, 12, 12);
  std::vector<kernels::ConvShape> all(12, shape);
  all[1].batch = 2;
  all[2].in_channels = 8;
  all[3].out_channels = 8;
  all[4].groups = 2;
  all[5].in[2] = 13;
  all[6].stride[1] = 2;
  all[7].dilation[0] = 2;
  all[8].pad_end[2] = 2;
  all[9].pad_begin[0] = 1;
  all[10].source_type = kernels::Element::bf16;
  all[11].residual = true;
  for (std::size_t i = 0; i < all.size(); ++i)
    for (std::size_t k = 0; k < i; ++k) CHECK(shape_text(all[i]) != shape_text(all[k]));
  const kernels::MatmulShape rows{.m = 4, .n = 5, .k = 6, .a_row = 6, .b_depth = 5};
  kernels::MatmulShape transposed = rows;
  transposed.b_depth = 1;
  transposed.b_column = 6;
  CHECK(shape_text(rows) == "4x6 * 6x5");
  CHECK(shape_text(transposed) == "4x6 * 6x5 transposed");
  transposed.b_column = 7;
  CHECK(shape_text(transposed) == "4x6 * 6x5 by steps of 1 and 7");
}

TEST_CASE("a program by timing computes the same, and times each shape once") {
  Tape tape(Mode::inference);
  const Tensor image = test::numbers({1, 8, 20, 20}, 3);
  Value y = tape.input(image, "x");
  for (int layer = 0; layer < 3; ++layer) {
    const Value w = tape.parameter(
        test::numbers({8, 8, 3, 3}, 4 + static_cast<std::uint64_t>(layer)), true, "w");
    y = relu(conv(y, w, {}, {.kernel = {1, 3, 3}, .pad_begin = {0, 1, 1}, .pad_end = {0, 1, 1}}));
  }
  const Graph graph = trace(tape, {&y, 1});
  TunedKernels tuned;
  Program by_time(graph, {.tuned = &tuned}), by_cost(graph, {});
  CHECK(tuned.timed() == 1);  // three layers of one shape
  const Program again(graph, {.tuned = &tuned});
  CHECK(tuned.timed() == 1);
  for (const ProgramStep& step : by_time.steps()) {
    CHECK(tuned.text().find("\t" + step.step.kernel + "\t") != std::string::npos);
    bool stated = false;
    for (const Candidate& candidate : step.step.ranking)
      stated |= candidate.milliseconds > 0 && candidate.kernel == step.step.kernel;
    CHECK(stated);
  }
  CHECK(test::error_of(by_time.run({&image, 1})[0], by_cost.run({&image, 1})[0]) < 1e-5);
}

}  // namespace
}  // namespace burin
