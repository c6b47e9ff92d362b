// Numbers in files of their own: only below the model's folder, only what is there.
#include <doctest/doctest.h>

#include <filesystem>

#include "engine/error.h"
#include "io/atomic_file.h"
#include "tests/onnx/build_model.h"
#include "tests/support/temporary_folder.h"

namespace burin::test {
namespace {

namespace fs = std::filesystem;

void set_entry(onnx::TensorProto& tensor, const std::string& key, const std::string& value) {
  auto& entry = *tensor.add_external_data();
  entry.set_key(key);
  entry.set_value(value);
}

struct Place {
  std::string location = "w.bin", offset = "4", length = "12";
};

onnx::TensorProto& external_weight(BuildModel& model, const std::string& name, const Place& place) {
  onnx::TensorProto& tensor = model.weight(name, {3}, {});
  tensor.set_data_location(onnx::TensorProto::EXTERNAL);
  set_entry(tensor, "location", place.location);
  if (!place.offset.empty()) set_entry(tensor, "offset", place.offset);
  if (!place.length.empty()) set_entry(tensor, "length", place.length);
  return tensor;
}

// A folder with model/w.bin (0, 1, 2, ... 7 as f32) and outside.bin beside it.
struct Folder {
  Folder() {
    fs::create_directory(root / "model");
    const float numbers[] = {0, 1, 2, 3, 4, 5, 6, 7};
    const std::span bytes(reinterpret_cast<const std::uint8_t*>(numbers), sizeof numbers);
    write_file(root / "model/w.bin", bytes);
    write_file(root / "outside.bin", bytes);
  }
  [[nodiscard]] OnnxModel read(const std::vector<Place>& places) const {
    BuildModel model;
    model.input("x", {1, 3}).output("y");
    for (std::size_t i = 0; i < places.size(); ++i)
      external_weight(model, "w" + std::to_string(i), places[i]);
    model.node("Add", {"x", "w0"}, {"y"});
    write_file(root / "model/m.onnx", model.bytes());
    return read_onnx(root / "model/m.onnx");
  }
  [[nodiscard]] std::string error(const std::vector<Place>& places) const {
    return error_of([&] { (void)read(places); });
  }
  TemporaryFolder root;
};

const std::vector<float>& numbers_of(const OnnxModel& model, const std::string& name) {
  static std::vector<float> numbers;
  return numbers = std::get<Tensor>(model.weights.at(name)).to_vector();
}

}  // namespace

TEST_CASE("numbers come from the place that is named") {
  const Folder folder;
  CHECK(numbers_of(folder.read({Place{}}), "w0") == std::vector<float>{1, 2, 3});
  CHECK(numbers_of(folder.read({Place{.offset = "", .length = ""}}), "w0") ==
        std::vector<float>{0, 1, 2});
  fs::create_directory(folder.root / "model/sub");
  fs::create_symlink("../w.bin", folder.root / "model/sub/link.bin");
  CHECK(numbers_of(folder.read({Place{.location = "sub/link.bin"}}), "w0") ==
        std::vector<float>{1, 2, 3});
  const OnnxModel twice = folder.read({Place{}, Place{}, Place{.offset = "16"}});
  CHECK(std::get<Tensor>(twice.weights.at("w0")).storage() ==
        std::get<Tensor>(twice.weights.at("w1")).storage());
  CHECK(numbers_of(twice, "w2") == std::vector<float>{4, 5, 6});
}

TEST_CASE("nothing outside of the folder is read") {
  const Folder folder;
  fs::create_symlink("../outside.bin", folder.root / "model/link.bin");
  fs::create_directory_symlink("..", folder.root / "model/up");
  for (const std::string& location :
       {std::string("../outside.bin"), std::string("sub/../../outside.bin"),
        (folder.root / "outside.bin").string(), std::string("link.bin"),
        std::string("up/outside.bin"), std::string(""), std::string("w.bin\0x", 7)}) {
    INFO(location);
    const std::string error = folder.error({Place{.location = location}});
    CHECK(error.find("inside the folder of the model in initializer \"w0\"") != std::string::npos);
  }
  CHECK(folder.error({Place{.location = "none.bin"}}).find("none.bin") != std::string::npos);
  CHECK(folder.error({Place{.location = "."}}).find("regular file") != std::string::npos);
}

TEST_CASE("offset and length fit file and tensor") {
  const Folder folder;
  for (const Place& place :
       {Place{.offset = "24"}, Place{.offset = "18446744073709551612"}, Place{.offset = "-4"},
        Place{.offset = "4x"}, Place{.offset = "99999999999999999999"}, Place{.length = "8"},
        Place{.length = "16"}}) {
    INFO(place.offset << " " << place.length);
    CHECK(folder.error({place}).find("\"w0\"") != std::string::npos);
  }
  // Overlapping parts would let a short file fill the memory.
  std::vector<Place> many;
  for (int i = 0; i < 6; ++i) many.push_back({.offset = std::to_string(4 * i)});
  CHECK(folder.error(many).find("overlap") != std::string::npos);
}

}  // namespace burin::test
