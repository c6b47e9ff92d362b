// The loop: learns, resumes to the bit, gives the same bits for any number of threads, stops with a
// name on it.
#include <doctest/doctest.h>
#include <sys/resource.h>

#include <csignal>
#include <fstream>

#include "engine/error.h"
#include "engine/runtime/workers.h"
#include "io/atomic_file.h"
#include "tests/train/short_run.h"
#include "train/history.h"

using namespace burin;
using namespace burin::train;
using test::job_of;
using test::recipe_of;
using test::TemporaryFolder;
using test::TinyNetwork;
using test::trained;

namespace {

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("learns stripes") {
  const TemporaryFolder folder;
  TinyNetwork network;
  Recipe recipe = recipe_of(150);
  recipe.train.validate_every = 50;
  const TrainOutcome outcome = train::train(network, job_of(recipe, folder.path()));
  CHECK(outcome.finished);
  CHECK(outcome.best_metric > 0.6);
  CHECK(std::filesystem::exists(folder.path() / "model.onnx"));
  const auto lines = read_history(folder.path() / "history.jsonl");
  CHECK(lines.size() == 153);
}

TEST_CASE("stopped and resumed is the same as run through") {
  const TemporaryFolder through, stopped;
  const Recipe recipe = recipe_of(6);
  const auto want = trained(recipe, through.path());
  CHECK(trained(recipe, stopped.path(), 3) == want);
  CHECK(text_of(stopped.path() / "model.onnx") == text_of(through.path() / "model.onnx"));
  const auto a = read_history(through.path() / "history.jsonl");
  const auto b = read_history(stopped.path() / "history.jsonl");
  REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    auto x = a[i], y = b[i];
    x.erase("seconds"), y.erase("seconds");
    CHECK(x == y);
  }
}

TEST_CASE("every optimizer, accumulation, clipping and plateau resume exactly") {
  for (const auto kind :
       {OptimizerKind::sgd, OptimizerKind::adam, OptimizerKind::rmsprop, OptimizerKind::adadelta}) {
    Recipe recipe = recipe_of(5);
    recipe.optimizer.kind = kind;
    recipe.optimizer.momentum = 0.5;
    recipe.train.accumulate = 2;
    recipe.train.clip = 0.1;
    recipe.schedule = {.kind = ScheduleKind::plateau, .rate = 1e-3, .factor = 0.5, .patience = 0};
    recipe.train.validate_every = 1;
    const TemporaryFolder through, stopped;
    CHECK(trained(recipe, stopped.path(), 2) == trained(recipe, through.path()));
  }
}

TEST_CASE("the same bits for 1, 2 and 3 threads and any number of loaders") {
  std::vector<float> first;
  for (const int threads : {1, 2, 3}) {
    runtime::configure({.threads = threads, .bind = runtime::Bind::none});
    const TemporaryFolder folder;
    Recipe recipe = recipe_of(5);
    recipe.train.loaders = threads;
    const auto bits = trained(recipe, folder.path());
    if (first.empty()) first = bits;
    CHECK(bits == first);
  }
  runtime::configure({});
}

TEST_CASE("another seed gives other bits") {
  const TemporaryFolder a, b;
  Recipe recipe = recipe_of(3);
  const auto first = trained(recipe, a.path());
  recipe.train.seed = 8;
  CHECK(trained(recipe, b.path()) != first);
}

TEST_CASE("classes: cross-entropy and dice+ce train") {
  for (const auto kind : {LossKind::cross_entropy, LossKind::dice_ce}) {
    const TemporaryFolder folder;
    Recipe recipe = recipe_of(40);
    recipe.loss.kind = kind;
    recipe.train.validate_every = 0;
    TinyNetwork network(2);
    const TrainOutcome outcome = train::train(network, job_of(recipe, folder.path()));
    CHECK(outcome.best_metric > 0.4);
  }
}

TEST_CASE("pixels labelled ignore_index do not count") {
  for (const auto kind : {LossKind::cross_entropy, LossKind::dice_ce}) {
    const TemporaryFolder folder;
    Recipe recipe = recipe_of(40);
    recipe.loss.kind = kind;
    recipe.loss.ignore_index = 255;
    recipe.train.validate_every = 0;
    TrainJob job = job_of(recipe, folder.path());
    for (auto* cases : {&job.train, &job.validation})
      for (Case& c : *cases)
        for (std::size_t i = 0; i < c.label.size(); i += 5) c.label[i] = 255;
    TinyNetwork network(2);
    CHECK(train::train(network, job).best_metric > 0.4);
    job.recipe.loss.ignore_index = -1;
    TinyNetwork other(2);
    CHECK_THROWS_AS((void)train::train(other, job), Error);  // 255 is no class
  }
}

TEST_CASE("every other loss trains") {
  for (const auto kind : {LossKind::dice, LossKind::bce, LossKind::l1, LossKind::l2}) {
    const TemporaryFolder folder;
    Recipe recipe = recipe_of(30);
    recipe.loss.kind = kind;
    recipe.train.ema = 0;
    recipe.train.validate_every = 0;
    TinyNetwork network;
    (void)train::train(network, job_of(recipe, folder.path()));
    const auto lines = read_history(folder.path() / "history.jsonl");
    CHECK(lines[29]["loss"].get<double>() < lines[0]["loss"].get<double>());
  }
}

TEST_CASE("weights of classes are refused by losses that read none") {
  for (const auto kind :
       {LossKind::dice, LossKind::bce, LossKind::dice_bce, LossKind::l1, LossKind::l2}) {
    LossOptions loss{.kind = kind};
    CHECK_NOTHROW(check_loss(loss, 1));
    loss.weights = {2};
    CHECK_THROWS_WITH_AS(check_loss(loss, 1), doctest::Contains("loss.weights: expected none"),
                         Error);
  }
  for (const auto kind : {LossKind::cross_entropy, LossKind::dice_ce})
    CHECK_NOTHROW(check_loss({.kind = kind, .weights = {1, 2}}, 2));
}

TEST_CASE("early stop ends the run and stays ended") {
  const TemporaryFolder folder;
  Recipe recipe = recipe_of(50);
  recipe.schedule.rate = 1e-12;
  recipe.train.validate_every = 1;
  recipe.train.early_stop = 3;
  recipe.train.ema = 0;
  recipe.optimizer.weight_decay = 0;
  TinyNetwork network;
  TrainJob job = job_of(recipe, folder.path());
  const TrainOutcome outcome = train::train(network, job);
  CHECK(outcome.stopped_early);
  CHECK(outcome.step < 50);
  job.resume = true;
  CHECK(train::train(network, job).step == outcome.step);
}

TEST_CASE("a loss that is not finite names its step") {
  const TemporaryFolder folder;
  Recipe recipe = recipe_of(50);
  recipe.optimizer.kind = OptimizerKind::sgd;
  recipe.loss.kind = LossKind::l2;
  recipe.schedule = {.kind = ScheduleKind::constant, .rate = 1e20};
  recipe.train.validate_every = 0;
  TinyNetwork network;
  try {
    (void)train::train(network, job_of(recipe, folder.path()));
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(std::string(error.what()).find("train step ") == 0);
    CHECK(std::string(error.what()).find("a finite loss") != std::string::npos);
  }
}

TEST_CASE("resume refuses another recipe and an empty folder") {
  const TemporaryFolder folder;
  TinyNetwork network;
  TrainJob job = job_of(recipe_of(2), folder.path());
  job.resume = true;
  CHECK_THROWS_AS((void)train::train(network, job), Error);
  job.resume = false;
  (void)train::train(network, job);
  job.resume = true;
  job.data = "other images";
  CHECK_THROWS_AS((void)train::train(network, job), Error);
  job.data.clear();
  job.recipe.schedule.rate = 0.5;
  CHECK_THROWS_WITH_AS((void)train::train(network, job),
                       doctest::Contains("schedule.rate = 0.02, with which the run began, got 0.5"),
                       Error);
  job.recipe = recipe_of(2);
  job.recipe.title = "another";
  job.recipe.train.loaders = 2;
  job.recipe.train.checkpoint_seconds = 1;
  CHECK(train::train(network, job).finished);
}

TEST_CASE("history: lines beyond the checkpoint and a torn line are dropped") {
  const TemporaryFolder folder;
  const auto file = folder.path() / "history.jsonl";
  write_file(file, std::string_view(
                       "{\"step\":1,\"loss\":2.5}\nnonsense\n{\"step\":2}\n{\"step\":3}\n{\"st"));
  {
    History history(file, 2);
    history.add({{"step", 3}, {"loss", 0.125}});
  }
  CHECK(text_of(file) == "{\"loss\":2.5,\"step\":1}\n{\"step\":2}\n{\"loss\":0.125,\"step\":3}\n");
}

TEST_CASE("history: a disk that fills up is an error, and the line that was torn is dropped") {
  const TemporaryFolder folder;
  const auto file = folder.path() / "history.jsonl";
  // A file size limit stands for the full disk: 40 bytes are written, then EFBIG.
  rlimit limit{};
  getrlimit(RLIMIT_FSIZE, &limit);
  const rlimit before = limit;
  limit.rlim_cur = 40;
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  {
    History history(file, 0);
    history.add({{"step", 1}});
    setrlimit(RLIMIT_FSIZE, &limit);
    CHECK_THROWS_AS(history.add({{"step", 2}, {"text", std::string(60, 'x')}}), Error);
    setrlimit(RLIMIT_FSIZE, &before);
  }
  std::signal(SIGXFSZ, handler);
  CHECK(std::filesystem::file_size(file) == 40);
  CHECK(read_history(file).size() == 1);
}
