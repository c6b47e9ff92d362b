#include <doctest/doctest.h>

#include <algorithm>

#include "io/atomic_file.h"
#include "io/dataset.h"
#include "io/file.h"
#include "io/image.h"
#include "tests/io/seeds.h"

using namespace burin;
using namespace burin::test;
namespace fs = std::filesystem;

namespace {

// Two training images and a test image with masks and fields of view, 5x4.
Dataset small_dataset(const fs::path& folder) {
  for (const char* file :
       {"train/images/a", "train/masks/a", "train/fov/a", "train/images/b", "train/masks/b",
        "train/fov/b", "test/images/c", "test/masks/c", "test/fov/c"}) {
    const fs::path path = folder / (std::string(file) + ".png");
    make_folder(path.parent_path());
    write_png(path, make_image(5, 4, path.parent_path().filename() == "images" ? 3 : 1));
  }
  Dataset dataset;
  dataset.folder = folder;
  dataset.task = "fundus";
  dataset.classes = {"background", "vessel"};
  dataset.seed = 7;
  dataset.source = "test";
  return dataset;
}

}  // namespace

TEST_CASE("data set: written, read, verified") {
  const TemporaryFolder folder;
  Dataset written = small_dataset(folder.path());
  CHECK(error_of([&] { (void)read_dataset(folder.path()); }).find("dataset.json") !=
        std::string::npos);
  write_dataset(written);
  const Dataset dataset = read_dataset(folder.path());
  CHECK(dataset.task == "fundus");
  CHECK(dataset.classes.size() == 2);
  CHECK(dataset.seed == 7);
  CHECK(dataset.sha256.size() == 9);
  REQUIRE(dataset.split("train").size() == 2);
  CHECK(dataset.split("train")[1].id == "b");
  CHECK(dataset.split("train")[1].file("masks") == folder / "train/masks/b.png");
  CHECK(dataset.split("test").size() == 1);
  for (const auto& [split, samples] : dataset.splits)
    for (const Sample& sample : samples)
      for (const auto& [kind, file] : sample.files)
        CHECK(decode_image(sample.read(kind), kind).width == 5);
  CHECK(error_of([&] { (void)dataset.split("val"); }) ==
        "read " + (folder / "val").string() + ": expected a folder of pictures, got none");
}

TEST_CASE("data set: what is wrong is named") {
  const auto after = [](auto&& change) {
    const TemporaryFolder folder;
    Dataset dataset = small_dataset(folder.path());
    write_dataset(dataset);
    change(folder.path());
    std::string text = error_of([&] { (void)read_dataset(folder.path()); });
    const std::size_t at = text.find(folder.path().string());
    if (at != std::string::npos) text.erase(at, folder.path().string().size() + 1);
    return text;
  };
  CHECK(after([](const fs::path& f) { fs::remove(f / "train/masks/b.png"); }) ==
        "read train/masks/b.png: expected a file, got none");
  CHECK(after([](const fs::path& f) { write_png(f / "train/fov/x.png", make_image(5, 4, 1)); }) ==
        "read train/fov/x.png: expected only files that dataset.json lists, got another");
  CHECK(after([](const fs::path& f) { write_png(f / "test/fov/c.png", make_image(4, 5, 1)); }) ==
        "read test/images/c.png: expected 4x5 as in fov, got 5x4");
  CHECK(after([](const fs::path& f) {
          fs::remove_all(f / "train/fov"), make_folder(f / "train/fov");
        }) == "read train/fov: expected pictures, got an empty folder");
  CHECK(after([](const fs::path& f) { write_file(f / "train/fov/a.txt", "x"); }) ==
        "read train/fov/a.txt: expected a .png file, got something else");
  CHECK(after([](const fs::path& f) {
          write_file(f / "train/images/a.png", "x");
        }).starts_with("read train/images/a.png: expected a PNG, JPEG, TIFF, BMP or GIF file"));
  CHECK(after([](const fs::path& f) { fs::remove_all(f / "train"); }) ==
        "read train: expected a folder of pictures, got none");
  CHECK(after([](const fs::path& f) {
          write_file(f / "dataset.json", "{\"version\": 2}");
        }).starts_with("read dataset.json: expected version 1"));
  CHECK(after([](const fs::path& f) { write_file(f / "dataset.json", "{\"version\": \"1\"}"); }) ==
        "read dataset.json: expected a value of the right type for \"version\", got \"1\"");
}

TEST_CASE("data set: a changed byte is found when its file is read, and only then") {
  const TemporaryFolder folder;
  Dataset written = small_dataset(folder.path());
  write_dataset(written);
  const fs::path changed = folder / "train/images/a.png";
  const std::vector<std::uint8_t> good = read_file(changed);
  for (std::size_t at = 33; at < good.size(); ++at) {  // the size stands before
    std::vector<std::uint8_t> bytes = good;
    bytes[at] ^= 1;
    write_file(changed, bytes);
    const Dataset dataset = read_dataset(folder.path());
    const std::string text = error_of([&] { (void)dataset.split("train")[0].read("images"); });
    CHECK(text.starts_with("read " + changed.string() + ": expected sha256 "));
    CHECK(!dataset.split("train")[0].read("masks").empty());
  }
}

TEST_CASE("data set: an incomplete folder gets no dataset.json") {
  const TemporaryFolder folder;
  Dataset dataset = small_dataset(folder.path());
  fs::remove(folder / "train/masks/b.png");
  CHECK(!error_of([&] { write_dataset(dataset); }).empty());
  CHECK(!fs::exists(folder / "dataset.json"));
}

TEST_CASE("data set: the seed from another program") {
  const auto bytes = seed_bytes("dataset_json/fundus.json");
  const Dataset dataset =
      decode_dataset({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, "x");
  CHECK(dataset.sha256.size() == 9);
  CHECK(dataset.classes[1] == "vessel");
}

TEST_CASE("validation split: by the seed, whatever the order") {
  std::vector<std::string> ids{"01_h",  "02_h",  "03_h", "04_h", "01_dr",
                               "02_dr", "03_dr", "01_g", "02_g", "03_g"};
  const auto chosen = pick_validation(ids, 0.2, 1);
  CHECK(chosen.size() == 2);
  std::reverse(ids.begin(), ids.end());
  CHECK(pick_validation(ids, 0.2, 1) == chosen);
  int different = 0;
  for (std::uint64_t seed = 2; seed < 12; ++seed)
    different += pick_validation(ids, 0.2, seed) != chosen;
  CHECK(different >= 8);
  CHECK(pick_validation(std::vector<std::string>{"a", "b"}, 0.01, 1).size() == 1);
  CHECK(pick_validation(std::vector<std::string>{"a", "b"}, 0.99, 1).size() == 1);
  CHECK(!error_of([] { (void)pick_validation(std::vector<std::string>{"a"}, 0.2, 1); }).empty());
  CHECK(!error_of([&] { (void)pick_validation(ids, 0.0, 1); }).empty());
}
