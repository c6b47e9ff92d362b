#include <doctest/doctest.h>

#include "tests/io/seeds.h"
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

}  // namespace burin::train
