// Training with products of numbers rounded to bf16: it learns as in f32, keeps its precision when it
// is resumed, gives the same bits for any number of threads, and is refused without tiles.
#include <cmath>
#include <cstdlib>

#include "engine/error.h"
#include "engine/runtime/workers.h"
#include "kernels/cpu.h"
#include "tests/train/short_run.h"
#include "train/history.h"

using namespace burin;
using namespace burin::train;
using test::recipe_of;
using test::TemporaryFolder;
using test::trained;

namespace {

Recipe bf16_recipe(std::int64_t steps) {
  Recipe recipe = recipe_of(steps);
  recipe.train.precision = kernels::Precision::bf16;
  return recipe;
}

// Layers as small as the test's would be left to kernels of f32.
const int asked = setenv("BURIN_KERNEL", "conv:tiles_bf16", 1);

bool has_tiles() { return kernels::usable(kernels::Isa::amx); }

// Mean of the last ten of 60 steps.
double last_loss(const Recipe& recipe) {
  const TemporaryFolder folder;
  (void)trained(recipe, folder.path());
  const auto lines = read_history(folder.path() / "history.jsonl");
  double sum = 0;
  int count = 0;
  for (const auto& line : lines)
    if (line.contains("loss") && line["step"].get<int>() > 50) {
      sum += line["loss"].get<double>();
      ++count;
    }
  REQUIRE(count == 10);
  return sum / count;
}

}  // namespace

TEST_CASE("bf16 reaches the loss of f32 within 2 %") {
  REQUIRE(asked == 0);
  if (!has_tiles()) return;
  Recipe recipe = bf16_recipe(60);
  recipe.train.validate_every = 0;
  const double bf16 = last_loss(recipe);
  recipe.train.precision = kernels::Precision::f32;
  const double f32 = last_loss(recipe);
  INFO("bf16 " << bf16 << ", f32 " << f32);
  CHECK(bf16 != f32);
  CHECK(std::abs(bf16 - f32) <= 0.02 * f32);
}

TEST_CASE("bf16: stopped and resumed is the same as run through") {
  if (!has_tiles()) return;
  const TemporaryFolder through, stopped;
  const Recipe recipe = bf16_recipe(6);
  const auto want = trained(recipe, through.path());
  CHECK(trained(recipe, stopped.path(), 3) == want);
  const TemporaryFolder other;
  CHECK(trained(recipe_of(6), other.path()) != want);
}

TEST_CASE("bf16: a run goes on in the precision that it began with") {
  if (!has_tiles()) return;
  const TemporaryFolder folder;
  (void)trained(bf16_recipe(2), folder.path());
  test::TinyNetwork network;
  TrainJob job = test::job_of(recipe_of(2), folder.path());
  job.resume = true;
  CHECK_THROWS_WITH_AS((void)train::train(network, job), doctest::Contains("train.precision"),
                       Error);
}

TEST_CASE("bf16: the same bits for 1, 2 and 3 threads") {
  if (!has_tiles()) return;
  std::vector<float> first;
  for (const int threads : {1, 2, 3}) {
    runtime::configure({.threads = threads, .bind = runtime::Bind::none});
    const TemporaryFolder folder;
    const auto bits = trained(bf16_recipe(5), folder.path());
    if (first.empty()) first = bits;
    CHECK(bits == first);
  }
  runtime::configure({});
}

TEST_CASE("bf16 is refused where there are no tiles") {
  if (has_tiles()) return;
  const TemporaryFolder folder;
  test::TinyNetwork network;
  const TrainJob job = test::job_of(bf16_recipe(2), folder.path());
  CHECK_THROWS_WITH_AS((void)train::train(network, job), doctest::Contains("train.precision"),
                       Error);
}
