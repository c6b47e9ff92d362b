#include <doctest/doctest.h>
#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <map>

#include "apps/prepare_fundus.h"
#include "io/atomic_file.h"
#include "io/dataset.h"
#include "io/image.h"
#include "tests/io/seeds.h"

using namespace burin;
using namespace burin::test;
using apps::prepare_fundus;
using apps::PrepareOptions;
namespace fs = std::filesystem;

namespace {

// A bright disc on black with one vessel across, 48x40.
Image eye() {
  Image image = make_image(48, 40, 3);
  for (int y = 0; y < 40; ++y)
    for (int x = 0; x < 48; ++x)
      if ((x - 24) * (x - 24) + (y - 20) * (y - 20) < 18 * 18)
        for (std::size_t c = 0; c < 3; ++c)
          image.data[static_cast<std::size_t>(y * 48 + x) * 3 + c] = y == 20 ? 90 : 200;
  return image;
}
// The vessel: `high` on it, `low` elsewhere.
Image vessels(std::uint8_t low, std::uint8_t high) {
  Image mask = make_image(48, 40, 1);
  for (std::size_t i = 0; i < mask.data.size(); ++i) mask.data[i] = i / 48 == 20 ? high : low;
  return mask;
}
void put(const fs::path& path, const Image& image) {
  make_folder(path.parent_path());
  write_png(path, image);
}

// The numbers of {training,test}/{images,manual1} with noisy grey masks and no field of view.
void divided(const fs::path& folder) {
  for (const char* name : {"training/01_h", "training/02_h", "training/01_dr", "test/03_h"}) {
    const fs::path part = fs::path(name).parent_path(), id = fs::path(name).filename();
    put(folder / part / "images" / (id.string() + ".jpg"), eye());
    put(folder / part / "manual1" / (id.string() + ".jpg"), vessels(20, 230));
  }
}

std::map<std::string, std::vector<std::uint8_t>> content(const fs::path& folder) {
  std::map<std::string, std::vector<std::uint8_t>> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file())
      files[entry.path().lexically_relative(folder).string()] = read_file(entry.path());
  return files;
}

// Runs in a process of its own, which dies at the given picture; true when it ended by itself.
bool prepare_in_child(const PrepareOptions& options, int die_at) {
  const pid_t child = fork();
  if (child == 0) {
    PrepareOptions o = options;
    o.progress = [die_at](std::int64_t done, std::int64_t, const std::string&) {
      if (done == die_at) std::raise(SIGKILL);
    };
    try {
      (void)prepare_fundus(o);
    } catch (...) {
      _exit(1);
    }
    _exit(0);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

// First, while this process has no threads yet.
TEST_CASE("a killed run leaves no valid folder, and the next one ends with the same bytes") {
  const TemporaryFolder folder;
  PrepareOptions options{.from = {}, .to = folder / "whole", .synthetic = 6, .size = 64};
  REQUIRE(prepare_in_child(options, 0));
  for (int die_at = 1; die_at <= 6; ++die_at) {
    options.to = folder / ("killed" + std::to_string(die_at));
    REQUIRE(!prepare_in_child(options, die_at));
    CHECK(!error_of([&] { (void)read_dataset(options.to); }).empty());
    REQUIRE(prepare_in_child(options, 0));
    CHECK(content(options.to) == content(folder / "whole"));
  }
}

TEST_CASE("a divided data set without fields of view") {
  const TemporaryFolder folder;
  divided(folder / "from");
  PrepareOptions options{.from = folder / "from", .to = folder / "to", .validation = 0.2};
  int lines = 0;
  options.progress = [&](std::int64_t, std::int64_t all, const std::string& line) {
    CHECK(all == 4);
    CHECK(line.find("48x40, field of view") != std::string::npos);
    ++lines;
  };
  const auto result = prepare_fundus(options);
  CHECK(lines == 4);
  CHECK(result.train == 2);
  CHECK(result.val == 1);
  CHECK(result.test == 1);
  CHECK(result.field_share > 0.3);
  CHECK(result.field_share < 0.6);
  const Dataset dataset = read_dataset(folder / "to");
  const Sample& sample = dataset.split("test")[0];
  CHECK(sample.id == "03_h");
  for (const auto& [split, samples] : dataset.splits)
    for (const Sample& s : samples)
      for (const auto& [kind, file] : s.files) CHECK(!s.read(kind).empty());
  CHECK(read_image(sample.file("images")).data == eye().data);
  CHECK(read_labels(sample.file("masks")).data == vessels(0, 255).data);
  const auto fov = read_labels(sample.file("fov")).data;
  CHECK(std::all_of(fov.begin(), fov.end(), [](int v) { return v == 0 || v == 255; }));
  CHECK(!fs::exists(folder / "to/prepare.json"));

  const auto before = content(folder / "to");
  CHECK(prepare_fundus(options).was_there);
  CHECK(content(folder / "to") == before);
  options.seed = 2;
  CHECK(error_of([&] { prepare_fundus(options); }).find("another data set") != std::string::npos);
}

TEST_CASE("the published layouts: names, masks, division") {
  const TemporaryFolder folder;
  for (const char* id : {"01_h", "02_h", "03_g", "11_h", "12_g"}) {
    put(folder / "hrf/images" / (std::string(id) + ".JPG"), eye());
    put(folder / "hrf/manual1" / (std::string(id) + ".tif"), vessels(0, 1));
    put(folder / "hrf/mask" / (std::string(id) + "_mask.tif"), vessels(255, 255));
  }
  (void)prepare_fundus({.from = folder / "hrf", .to = folder / "a", .validation = 0.2});
  const Dataset hrf = read_dataset(folder / "a");
  CHECK(hrf.split("test").size() == 2);
  CHECK(hrf.split("test")[0].id == "11_h");
  CHECK(hrf.split("train").size() == 2);
  CHECK(read_labels(hrf.split("test")[0].file("masks")).data == vessels(0, 255).data);
  CHECK(read_labels(hrf.split("test")[0].file("fov")).data == vessels(255, 255).data);

  for (const char* id : {"21_training", "22_training", "23_training", "01_test"}) {
    const fs::path part = folder / "drive" / (std::string(id).substr(3));
    put(part / "images" / (std::string(id) + ".tif"), eye());
    put(part / "1st_manual" / (std::string(id).substr(0, 2) + "_manual1.gif"), vessels(0, 255));
    put(part / "mask" / (std::string(id) + "_mask.gif"), vessels(255, 255));
  }
  (void)prepare_fundus({.from = folder / "drive", .to = folder / "b", .validation = 0.2});
  const Dataset drive = read_dataset(folder / "b");
  CHECK(drive.split("test")[0].id == "01");
  CHECK(drive.split("train").size() + drive.split("val").size() == 3);
}

TEST_CASE("val is cut only when asked for; the recipe decides otherwise") {
  const TemporaryFolder folder;
  divided(folder / "from");
  const auto result = prepare_fundus({.from = folder / "from", .to = folder / "to"});
  CHECK(result.train == 3);
  CHECK(result.val == 0);
  CHECK(!fs::exists(folder / "to/val"));
  CHECK(!read_dataset(folder / "to").splits.contains("val"));
}

TEST_CASE("numbers above 10 divide a set only when both parts get pictures") {
  const TemporaryFolder folder;
  const auto made = [&](const std::string& name, std::initializer_list<const char*> ids) {
    for (const char* id : ids) {
      put(folder / name / "images" / (std::string(id) + ".png"), eye());
      put(folder / name / "manual1" / (std::string(id) + ".png"), vessels(0, 255));
    }
    return prepare_fundus({.from = folder / name, .to = folder / (name + "-to")});
  };
  for (const auto& result :
       {made("high", {"11_h", "12_h", "13_h"}), made("low", {"1_h", "2", "3"})}) {
    CHECK(result.train == 2);
    CHECK(result.test == 1);
  }
  CHECK(made("mixed", {"09_h", "10_h", "11_h", "12_h", "13_h"}).test == 3);
  CHECK(error_of([&] { (void)made("one", {"11_h"}); }) ==
        "read " + (folder / "one").string() + ": expected two pictures to cut test from, got 1");
}

TEST_CASE("what is wrong is named, and no dataset.json is left") {
  const auto after = [](auto&& change) {
    const TemporaryFolder folder;
    divided(folder / "from");
    change(folder.path());
    std::string text =
        error_of([&] { prepare_fundus({.from = folder / "from", .to = folder / "to"}); });
    CHECK(!fs::exists(folder / "to/dataset.json"));
    for (std::size_t at; (at = text.find(folder.path().string())) != std::string::npos;)
      text.erase(at, folder.path().string().size() + 1);
    return text;
  };
  CHECK(after([](const fs::path& f) { fs::remove(f / "from/training/manual1/02_h.jpg"); }) ==
        "read from/training/images/02_h.jpg: expected a vessel mask in from/training/manual1, got "
        "none");
  CHECK(after([](const fs::path& f) { fs::remove(f / "from/training/images/02_h.jpg"); }) ==
        "read from/training/manual1/02_h.jpg: expected an image in from/training/images, got none");
  CHECK(after([](const fs::path& f) {
          put(f / "from/test/manual1/03_h.jpg", make_image(40, 48, 1));
        }) == "read from/test/manual1/03_h.jpg: expected 48x40 as its picture, got 40x48");
  CHECK(after([](const fs::path& f) { write_file(f / "from/test/images/03_h.jpg", ""); }) ==
        "read from/test/images/03_h.jpg: expected a PNG, JPEG, TIFF, BMP or GIF file, got an empty "
        "file");
  CHECK(after([](const fs::path& f) { put(f / "from/test/images/03_h.jpg", vessels(0, 9)); }) ==
        "read from/test/images/03_h.jpg: expected a colour picture, got a grey one");
  CHECK(after([](const fs::path& f) {
          put(f / "from/test/images/03_h.jpg", make_image(48, 40, 3));
        }) == "read from/test/images/03_h.jpg: expected a field of view on dark ground, got none");
  CHECK(after([](const fs::path& f) {
          write_file(f / "from/test/images/03_h.png", "x");
        }).find("one picture per name") != std::string::npos);
  CHECK(after([](const fs::path& f) { fs::remove_all(f / "from"); }) ==
        "read from: expected a folder, got none");
  CHECK(after([](const fs::path& f) {
          make_folder(f / "to"), write_file(f / "to/notes.txt", "x");
        }) == "prepare to: expected an empty folder, got files in it");
}
