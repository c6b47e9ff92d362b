#include <doctest/doctest.h>

#include <utility>

#include "io/sha256.h"
#include "tests/io/seeds.h"
#include "tests/support/temporary_folder.h"
#include "train/cases.h"

namespace burin::train {

TEST_CASE("a picture is resized to the recipe's width and named by its file") {
  const Case c = case_of_picture(make_image(20, 10, 3), {}, {.width = 40}, "folder/eye.png");
  CHECK(c.id == "eye");
  CHECK(c.width == 40);
  CHECK(c.height == 20);
}

TEST_CASE("a picture that would grow beyond 2^28 pixels is refused before it is resized") {
  const auto refused = [](std::int64_t width, std::int64_t height, std::int64_t to) {
    return test::error_of(
        [&] { (void)case_of_picture(make_image(width, height, 1), {}, {.width = to}, "a/b.png"); });
  };
  CHECK(refused(1, 4000, 1024) ==
        "read a/b.png: expected at most 268435456 pixels at a width of 1024, got 1024x4096000");
  CHECK(refused(1, 1 << 20, 65536).starts_with("read a/b.png: "));
  CHECK(refused(64, 64, 65536).starts_with("read a/b.png: "));
  CHECK(refused(4000, 1, 1024).empty());
}

TEST_CASE("a label that does not count passes the reader and leaves the field of view") {
  const test::TemporaryFolder folder;
  Image mask = make_image(4, 2, 1);
  mask.data = {0, 1, 2, 255, 0, 1, 2, 255};
  write_png(folder / "image.png", make_image(4, 2, 3));
  write_png(folder / "mask.png", mask);
  Sample sample;
  sample.id = "a";
  for (const auto& [kind, name] : {std::pair{"images", "image.png"}, {"masks", "mask.png"}}) {
    sample.files[kind] = folder / name;
    sample.sha256[kind] = sha256_of_file(folder / name);
  }
  const DataRecipe recipe{.width = 0, .preprocess = "unit"};
  const Case c = load_case(sample, recipe, {.classes = 3, .ignore_index = 255});
  CHECK(c.label == mask.data);
  CHECK(without_ignored(c, 255).field == std::vector<std::uint8_t>{1, 1, 1, 0, 1, 1, 1, 0});
  CHECK(without_ignored(c, -1).field.empty());
  CHECK(test::error_of([&] { (void)load_case(sample, recipe, {.classes = 3}); }) ==
        "read " + (folder / "mask.png").string() + ": expected classes below 3, got 255");
}

}  // namespace burin::train
