// Recipes: what is read, and how mistakes are named.
#include <doctest/doctest.h>

#include <string>

#include "engine/error.h"
#include "train/recipe.h"

using namespace burin::train;

namespace {

std::string message(const std::string& text) {
  try {
    (void)parse_recipe(text, "r.toml");
  } catch (const burin::Error& error) {
    return error.what();
  }
  return "none";
}

}  // namespace

TEST_CASE("keys reach their fields, the rest keeps its default") {
  const Recipe r = parse_recipe(R"(
title = "vessels"
network = "fundus-unet"
[model]
classes = 3
[sampler]
patch = 128
[loss]
kind = "dice+ce"
weights = [1, 2.5]
[optimizer]
kind = "adamw"
weight_decay = 1e-2
[train]
ema = 0
)",
                                "r.toml");
  CHECK(r.title == "vessels");
  CHECK(r.model.classes == 3);
  CHECK(r.model.width == 0);
  CHECK(r.sampler.patch == 128);
  CHECK(r.loss.kind == LossKind::dice_ce);
  CHECK(r.loss.weights == std::vector<double>{1, 2.5});
  CHECK(r.optimizer.kind == OptimizerKind::adamw);
  CHECK(r.optimizer.weight_decay == 0.01);
  CHECK(r.optimizer.beta2 == 0.999);
}

TEST_CASE("text and back") {
  Recipe r = parse_recipe("network = 'fundus-unet'", "r.toml");
  set_recipe_key(r, "schedule.kind=cosine");
  set_recipe_key(r, "schedule.rate=3e-4");
  set_recipe_key(r, "augment.rotate=45");
  set_recipe_key(r, "title=two \"words\"");
  set_recipe_key(r, "loss.weights=[5, 1, 5]");
  set_recipe_key(r, "loss.ignore_index=255");
  const std::string text = recipe_text(r);
  const Recipe again = parse_recipe(text, "text");
  CHECK(recipe_text(again) == text);
  CHECK(again.schedule.kind == ScheduleKind::cosine);
  CHECK(again.schedule.rate == 3e-4);
  CHECK(again.loss.ignore_index == 255);
  CHECK(again.augment.rotate == 45.0);
  CHECK(again.title == "two \"words\"");
}

TEST_CASE("the first difference that can change a bit") {
  Recipe a = parse_recipe("network = 'fundus-unet'", "r.toml"), b = a;
  set_recipe_key(b, "title=another");
  set_recipe_key(b, "train.loaders=3");
  set_recipe_key(b, "train.checkpoint_seconds=5");
  CHECK_FALSE(first_difference(a, b));
  set_recipe_key(b, "train.seed=4");
  set_recipe_key(b, "loss.weights=[1, 2]");
  const auto found = first_difference(a, b);
  REQUIRE(found);
  CHECK(found->key == "loss.weights");
  CHECK(found->a == "[]");
  CHECK(found->b == "[ 1.0, 2.0 ]");
  set_recipe_key(a, "network=other");
  CHECK(first_difference(a, b)->key == "network");
}

TEST_CASE("mistakes name key, file and line") {
  CHECK(message("network = 'a'\n[train]\nstps = 3\n").find("r.toml:3: expected a known key (") ==
        0);
  CHECK(message("network = 'a'\n[train]\nstps = 3\n").find("got 'train.stps'") !=
        std::string::npos);
  CHECK(message("network = 'a'\n[trian]\nsteps = 3\n").find("'trian'") != std::string::npos);
  CHECK(message("network = 'a'\n[train]\nsteps = 'many'\n") ==
        "r.toml:3: expected train.steps = a whole number of at least 1, got 'many'");
  CHECK(message("network = 'a'\n[train]\nsteps = 1.5\n").find("r.toml:3") == 0);
  CHECK(message("network = 'a'\n[train]\nbatch = 0\n").find("in 1..4096, got 0") !=
        std::string::npos);
  CHECK(message("network = 'a'\n[sampler]\nforeground = nan\n").find("sampler.foreground") !=
        std::string::npos);
  CHECK(message("network = 'a'\n[loss]\nkind = 'focal'\n").find("one of dice, bce") !=
        std::string::npos);
  CHECK(message("network = 'a'\n[data]\npreprocess = 'x'\n").find("unit, fundus, got 'x'") !=
        std::string::npos);
  CHECK(message("network = 3\n").find("network = a text in quotes, got 3") != std::string::npos);
  CHECK(message("train = 3\nnetwork='a'").find("a table [train]") != std::string::npos);
  CHECK(message("network = 'a'\nnetwork = 'b'\n").find("r.toml:2: expected TOML") == 0);
  CHECK(message("network = \n").find("r.toml:1") == 0);
  CHECK(message("").find("network = a name") != std::string::npos);
  CHECK(message("network='a'\n[loss]\nweights=[1,'x']\n").find("r.toml:3") == 0);
  CHECK(message("network='a'\n[loss]\nignore_index=256\n").find("in -1..255, got 256") !=
        std::string::npos);
}

TEST_CASE("--set mistakes") {
  Recipe r;
  CHECK_THROWS_AS(set_recipe_key(r, "train.steps"), burin::Error);
  CHECK_THROWS_AS(set_recipe_key(r, "=3"), burin::Error);
  CHECK_THROWS_AS(set_recipe_key(r, "train.stps=3"), burin::Error);
  CHECK_THROWS_AS(set_recipe_key(r, "train.steps=cosine"), burin::Error);
  CHECK_THROWS_AS(set_recipe_key(r, "a.b.c=1"), burin::Error);
}
