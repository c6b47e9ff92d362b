// Checkpoints: every truncation and flipped bit is found, and the file before takes over.
#include <doctest/doctest.h>

#include <fstream>

#include "engine/error.h"
#include "io/atomic_file.h"
#include "io/file.h"
#include "io/safetensors.h"
#include "tests/train/tiny.h"
#include "train/checkpoint.h"
#include "train/model_file.h"

using namespace burin;
using namespace burin::train;
using test::TemporaryFolder;

namespace {

struct Trained {
  test::TinyNetwork network;
  Optimizer optimizer{{}, network.parameters()};
  Ema average{0.9, network.parameters()};
  // Large enough for a few 4 KiB blocks.
  Parameter ballast{.value = Tensor::full({50, 100}, 1.5f, Order::row_major)};

  [[nodiscard]] TrainedParts parts() {
    TrainedParts parts{network.parameters(), &optimizer, &average};
    parts.network.push_back({"ballast", &ballast});
    return parts;
  }
};

void save(const std::filesystem::path& folder, Trained& trained, std::initializer_list<int> steps) {
  CheckpointFolder checkpoints(folder);
  for (const int step : steps) {
    TrainState state;
    state.step = step;
    trained.ballast.value.fill(static_cast<float>(step));
    checkpoints.save(trained.parts(), state, {"recipe text", "data"});
  }
}

}  // namespace

TEST_CASE("state survives text") {
  TrainState s;
  s.step = 123456789012;
  s.schedule = {0.125, 0.7512345678901234, 3};
  s.early_stop = {.patience = 0, .best = 0.1, .waited = 2};
  s.best_metric = 0.8123456789012345;
  s.best_step = 77;
  s.seconds = 12.5;
  const TrainState t = state_from(state_text(s), "test");
  CHECK(state_text(t) == state_text(s));
  CHECK(t.schedule == s.schedule);
  CHECK(t.best_metric == s.best_metric);
  CHECK_THROWS_AS((void)state_from("{}", "test"), Error);
  CHECK_THROWS_AS((void)state_from("[", "test"), Error);
}

TEST_CASE("last and previous; restore brings every number back") {
  const TemporaryFolder folder;
  Trained trained;
  save(folder.path(), trained, {10, 20});
  Trained other;
  CheckpointFolder checkpoints(folder.path());
  const CheckpointInfo info = checkpoints.load();
  CHECK(info.state.step == 20);
  CHECK(info.facts.recipe == "recipe text");
  CHECK(info.notes.empty());
  checkpoints.restore(other.parts());
  CHECK(other.ballast.value.to_vector()[0] == 20.0f);
  CHECK(std::filesystem::exists(folder.path() / "previous.safetensors"));
  CHECK_FALSE(std::filesystem::exists(folder.path() / "next.safetensors"));
}

TEST_CASE("a file cut at every 4 KiB, or with a flipped bit, is found and the one before is used") {
  const TemporaryFolder folder;
  Trained trained;
  save(folder.path(), trained, {10, 20});
  const auto last = folder.path() / "last.safetensors";
  const auto whole = read_file(last);
  REQUIRE(whole.size() > 3 * 4096);
  const auto expect_previous = [&](std::span<const std::uint8_t> bytes) {
    {
      std::ofstream out(last, std::ios::binary | std::ios::trunc);
      out.write(reinterpret_cast<const char*>(bytes.data()),
                static_cast<std::streamsize>(bytes.size()));
    }
    CheckpointFolder checkpoints(folder.path());
    const CheckpointInfo info = checkpoints.load();
    CHECK(info.state.step == 10);
    CHECK(info.notes.size() == 1);
  };
  for (std::size_t size = 0; size < whole.size(); size += 4096) {
    expect_previous(std::span(whole).first(size));
  }
  expect_previous(std::span(whole).first(whole.size() - 1));
  for (std::size_t place = 0; place < whole.size(); place += 1009) {
    auto flipped = whole;
    flipped[place] ^= 0x10;
    expect_previous(flipped);
  }
}

TEST_CASE("a damaged last file does not take the place of a good previous one") {
  const TemporaryFolder folder;
  Trained trained;
  save(folder.path(), trained, {10, 20});
  write_file(folder.path() / "last.safetensors", std::string_view("damaged"));
  CheckpointFolder checkpoints(folder.path());
  CHECK(checkpoints.load().state.step == 10);
  TrainState state;
  state.step = 30;
  checkpoints.save(trained.parts(), state, {"recipe text", "data"});
  write_file(folder.path() / "last.safetensors", std::string_view("damaged again"));
  CheckpointFolder again(folder.path());
  CHECK(again.load().state.step == 10);
}

TEST_CASE("killed between the two renames: the next file is the newest") {
  const TemporaryFolder folder;
  Trained trained;
  save(folder.path(), trained, {10, 20});
  std::filesystem::rename(folder.path() / "last.safetensors", folder.path() / "next.safetensors");
  CheckpointFolder checkpoints(folder.path());
  CHECK(checkpoints.any());
  CHECK(checkpoints.load().state.step == 20);
}

TEST_CASE("no checkpoint, foreign checkpoint, other network") {
  const TemporaryFolder folder;
  CheckpointFolder checkpoints(folder.path());
  CHECK_FALSE(checkpoints.any());
  CHECK_THROWS_AS((void)checkpoints.load(), Error);
  const std::vector<NamedTensor> one = {{"x", Tensor::full({3}, 1.0f)}};
  write_safetensors(folder.path() / "last.safetensors", one);
  CHECK_THROWS_AS((void)checkpoints.load(), Error);
  Trained trained;
  save(folder.path(), trained, {5});
  (void)checkpoints.load();
  TrainedParts fewer = trained.parts();
  fewer.average = nullptr;
  CHECK_THROWS_AS(checkpoints.restore(fewer), Error);
}

TEST_CASE("model file: round trip, and what is wrong with others") {
  const TemporaryFolder folder;
  Recipe recipe;
  recipe.network = "fundus-unet";
  const auto network = make_network_of(recipe);
  for (const char* name : {"best.safetensors", "model.onnx"}) {  // the second is preferred
    save_model(folder.path() / name, *network, recipe, {{"step", name}});
    const Model model = load_model(folder.path());
    CHECK(model.file == folder.path() / name);
    CHECK(model.metadata.at("step") == name);
    CHECK(model.recipe.network == "fundus-unet");
    const auto got = model.network->parameters(), want = network->parameters();
    for (std::size_t i = 0; i < want.size(); ++i)
      CHECK(got[i].parameter->value.to_vector() == want[i].parameter->value.to_vector());
  }
  const auto file = folder.path() / "best.safetensors";
  const std::vector<NamedTensor> one = {{"x", Tensor::full({3}, 1.0f)}};
  write_safetensors(file, one);
  CHECK_THROWS_AS((void)load_model(file), Error);
  write_safetensors(file, one, {{"burin", "model 1"}, {"recipe", recipe_text(recipe)}});
  CHECK_THROWS_AS((void)load_model(file), Error);
  CHECK_THROWS_AS((void)load_model(folder.path() / "none"), Error);
}

TEST_CASE("model file: no memory for a network that the file does not hold") {
  const TemporaryFolder folder;
  Recipe recipe;
  recipe.network = "damage-unet";
  recipe.model.width = 1024;  // 32 GB
  const auto file = folder.path() / "best.safetensors";
  const std::vector<NamedTensor> one = {{"x", Tensor::full({3}, 1.0f)}};
  write_safetensors(file, one, {{"burin", "model 1"}, {"recipe", recipe_text(recipe)}});
  const std::size_t before = arena_statistics().peak_bytes;
  CHECK_THROWS_WITH_AS((void)load_model(file), doctest::Contains("best.safetensors: expected"),
                       Error);
  CHECK(arena_statistics().peak_bytes < before + (1 << 20));
}
