#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "io/atomic_file.h"
#include "io/safetensors.h"
#include "io/tensor_bytes.h"
#include "tests/io/seeds.h"
#include "tests/support/random.h"

using namespace burin;
using namespace burin::test;

namespace {

// The 24 numbers of make_seeds.py.
std::vector<float> numbers(float first) {
  std::vector<float> out;
  for (int i = 0; i < 24; ++i) out.push_back(first + static_cast<float>(i));
  return out;
}
std::vector<float> every_third() {
  std::vector<float> out;
  for (int i = 0; i < 24; ++i) out.push_back(i % 3 == 0);
  return out;
}
const Shape seed_shape{2, 3, 4};

struct Case {
  const char* name;
  DType type;
};
constexpr Case cases[] = {{"f2", DType::f32}, {"f4", DType::f32},    {"f8", DType::f64},
                          {"i1", DType::s8},  {"i4", DType::i32},    {"i8", DType::i64},
                          {"u1", DType::u8},  {"b1", DType::boolean}};
std::vector<float> wanted(const std::string& name) {
  return name == "b1" ? every_third() : numbers(name == "u1" ? 0.0f : -5.0f);
}

// A channels-last slice: neither dense nor row-major.
Tensor awkward(std::vector<float>& logical) {
  Tensor whole = Tensor::empty({2, 5, 3, 4});
  Random random(5);
  for (std::int64_t i = 0; i < whole.elements(); ++i) whole.data()[i] = random.real();
  const Tensor slice = whole.channel_slice(1, 3);
  logical = slice.to_vector();
  return slice;
}

std::string refused(std::vector<std::uint8_t> bytes) {
  return error_of([&] { (void)decode_safetensors(bytes, "x"); });
}
std::vector<std::uint8_t> safetensors(const std::string& header, std::size_t data) {
  std::vector<std::uint8_t> bytes(8 + header.size() + data);
  const std::uint64_t length = header.size();
  std::memcpy(bytes.data(), &length, 8);
  std::copy(header.begin(), header.end(), bytes.begin() + 8);
  return bytes;
}

}  // namespace

TEST_CASE("half to float: every value") {
  for (int h = 0; h < 65536; ++h) {
    const int exponent = h >> 10 & 31, fraction = h & 1023;
    const double size =
        exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
    const double want = h & 0x8000 ? -size : size;
    const float got = half_to_float(static_cast<std::uint16_t>(h));
    if (exponent == 31)
      REQUIRE((fraction == 0 ? std::isinf(got) && (got < 0) == (h > 0x7fff) : std::isnan(got)));
    else
      REQUIRE(static_cast<double>(got) == want);
  }
}

TEST_CASE("npy: NumPy's own files") {
  for (const auto& [name, type] : cases) {
    const std::string shown(name);  // clang 14 captures no structured binding
    CAPTURE(shown);
    const Tensor tensor = read_npy(seed(std::string("npy/") + name + ".npy"));
    CHECK(tensor.shape() == seed_shape);
    CHECK(tensor.dtype() == type);
    CHECK(tensor.layout().is_row_major());
    CHECK(tensor.to_vector() == wanted(name));
  }
  for (const char* name :
       {"f4_big_endian", "i8_big_endian_fortran", "i4_fortran", "f4_version2", "f4_version3"}) {
    CAPTURE(name);
    CHECK(read_npy(seed(std::string("npy/") + name + ".npy")).to_vector() == numbers(-5));
  }
  CHECK(read_npy(seed("npy/scalar.npy")).to_vector() == std::vector<float>{2.5f});
  CHECK(read_npy(seed("npy/scalar.npy")).shape().rank() == 0);
  CHECK(read_npy(seed("npy/empty.npy")).shape() == Shape{3, 0, 2});
  for (const char* name : {"object", "complex"})
    CHECK(error_of([&] {
            (void)read_npy(seed(std::string("npy/") + name + ".npy"));
          }).find("elements f2 f4") != std::string::npos);
}

TEST_CASE("npy: written as NumPy writes it, read back") {
  const TemporaryFolder folder;
  for (const auto& [name, type] : cases) {
    if (std::string(name) == "f2") continue;
    const auto bytes = seed_bytes(std::string("npy/") + name + ".npy");
    CHECK(encode_npy(decode_npy(bytes, "x")) == bytes);
  }
  std::vector<float> logical;
  const Tensor tensor = awkward(logical);
  write_npy(folder / "a.npy", tensor);
  CHECK(read_npy(folder / "a.npy").to_vector() == logical);
  CHECK(!error_of([] { (void)encode_npy(Tensor::zeros({2}, DType::bf16)); }).empty());
}

TEST_CASE("npy: headers that lie") {
  const auto bytes = seed_bytes("npy/f4.npy");
  const auto with = [&](std::string_view from, std::string_view to) {
    auto changed = bytes;
    const std::string text(bytes.begin(), bytes.end());
    const std::size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    REQUIRE(from.size() == to.size());
    std::copy(to.begin(), to.end(), changed.begin() + static_cast<std::ptrdiff_t>(at));
    return error_of([&] { (void)decode_npy(changed, "x"); });
  };
  CHECK(with("(2, 3, 4)", "(2, 3, 5)") == "read x: expected 120 bytes of numbers, got 96");
  CHECK(!with("(2, 3, 4), }                  ", "(9999999999999999, 99999999),}").empty());
  CHECK(!with("(2, 3, 4)", "(-2,3,-4)").empty());
  CHECK(!with("'shape'", "'descr'").empty());
  CHECK(!with("False", "Maybe").empty());
  CHECK(!with("<f4", "<f3").empty());
  auto longer = bytes;
  longer.push_back(0);
  CHECK(!error_of([&] { (void)decode_npy(longer, "x"); }).empty());
}

TEST_CASE("npz: NumPy's own files, and ours") {
  const TemporaryFolder folder;
  for (const char* name : {"stored", "deflated"}) {
    const auto tensors = read_npz(seed(std::string("npz/") + name + ".npz"));
    REQUIRE(tensors.size() == 2);
    CHECK(tensors[0].name == "weight");
    CHECK(tensors[0].tensor.dtype() == DType::f32);
    CHECK(tensors[0].tensor.to_vector() == numbers(-5));
    CHECK(tensors[1].name == "count");
    CHECK(tensors[1].tensor.dtype() == DType::i64);
    CHECK(tensors[1].tensor.to_vector() == numbers(-5));
    write_npz(folder / "a.npz", tensors);
    const auto again = read_npz(folder / "a.npz");
    REQUIRE(again.size() == 2);
    CHECK(again[1].name == "count");
    CHECK(again[1].tensor.to_vector() == numbers(-5));
  }
  CHECK(!error_of([] { (void)read_npz(seed("npz/stored.npz"), {.bytes = 100}); }).empty());
  CHECK(!error_of([] { (void)read_npz(seed("npz/deflated.npz"), {.ratio = 1}); }).empty());
}

TEST_CASE("npz: directories that lie") {
  const auto stored = seed_bytes("npz/stored.npz");
  const std::string text(stored.begin(), stored.end());
  const std::size_t local = text.find("weight.npy"), central = text.rfind("weight.npy");
  REQUIRE(local < central);
  const auto with = [&](std::initializer_list<std::size_t> places, std::uint8_t value) {
    auto changed = stored;
    for (const std::size_t at : places) changed[at] = value;
    return error_of([&] { (void)decode_npz(changed, "x"); });
  };
  CHECK(with({}, 0).empty());
  CHECK(with({local}, 'W').find("both headers") != std::string::npos);
  CHECK(with({local, central}, 'W').empty());
  CHECK(with({local, central}, '/').find("without separators") != std::string::npos);
  CHECK(with({central - 46 + 8}, 1).find("encrypt") != std::string::npos);
  CHECK(with({central - 46 + 10}, 12).find("method 12") != std::string::npos);
  CHECK(with({text.find("NUMPY") + 200}, 99).find("checksum") != std::string::npos);
  CHECK(with({stored.size() - 22 + 10}, 9).find("several") != std::string::npos);
}

TEST_CASE("safetensors: the reference writer's files") {
  const SafetensorsFile file = read_safetensors(seed("safetensors/types.safetensors"));
  CHECK(file.metadata.at("note") == "by the reference writer");
  CHECK(!file.checked);
  for (const auto& [name, type] : cases) {
    const std::string shown(name);  // clang 14 captures no structured binding
    CAPTURE(shown);
    const Tensor* tensor = file.find(name);
    REQUIRE(tensor != nullptr);
    CHECK(tensor->shape() == seed_shape);
    CHECK(tensor->dtype() == type);
    CHECK(tensor->to_vector() == wanted(name));
  }
  CHECK(file.find("none") == nullptr);
  CHECK(read_safetensors(seed("safetensors/empty.safetensors")).tensors[0].tensor.shape() ==
        Shape{3, 0});
  CHECK(error_of([] {
          (void)read_safetensors(seed("safetensors/unsupported.safetensors"));
        }).find("U16") != std::string::npos);
}

TEST_CASE("safetensors: written, checked, read back, and the same bytes again") {
  const TemporaryFolder folder;
  std::vector<float> logical;
  const Tensor tensor = awkward(logical);
  const Tensor flags = Tensor::zeros({3}, DType::u8);
  const Tensor steps = Tensor::zeros({}, DType::i64);
  steps.data<std::int64_t>()[0] = 1'234'567'890'123;
  const std::vector<NamedTensor> tensors{
      {"flags", flags}, {"weight", tensor}, {"step", steps}, {"none", Tensor::zeros({0, 2})}};
  const std::map<std::string, std::string> metadata{{"recipe", "line 1\nline \"2\" \xc3\xa9"}};
  const auto path = folder / "a.safetensors";
  write_safetensors(path, tensors, metadata);
  const SafetensorsFile file = read_safetensors(path);
  CHECK(file.checked);
  CHECK(file.metadata == metadata);
  CHECK(read_safetensors_metadata(path) == metadata);
  REQUIRE(file.tensors.size() == 4);
  CHECK(file.tensors[0].name == "step");  // larger elements first
  CHECK(file.find("weight")->to_vector() == logical);
  CHECK(file.find("step")->data<std::int64_t>()[0] == 1'234'567'890'123);
  CHECK(file.find("none")->shape() == Shape{0, 2});
  const auto first = read_file(path);
  write_safetensors(path, tensors, metadata);
  CHECK(read_file(path) == first);
  write_safetensors(path, file.tensors, file.metadata);
  CHECK(read_file(path) == first);
}

TEST_CASE("safetensors: any changed bit and any lost byte of our files is found") {
  const TemporaryFolder folder;
  const auto path = folder / "a.safetensors";
  std::vector<float> logical;
  write_safetensors(path, std::vector<NamedTensor>{{"w", awkward(logical)}}, {{"epoch", "7"}});
  const auto bytes = read_file(path);
  std::size_t unnoticed = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    auto changed = bytes;
    changed[i] ^= static_cast<std::uint8_t>(1u << (i % 8));
    if (refused(changed).empty()) {
      // Only the padding of the header may change without a meaning: a space to another white
      // space.
      CHECK(bytes[i] == ' ');
      ++unnoticed;
    }
  }
  CHECK(unnoticed < 16);
  for (std::size_t length = 0; length < bytes.size(); ++length)
    CHECK(!refused({bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length)}).empty());
}

TEST_CASE("safetensors: hostile headers") {
  const auto entry = [](const std::string& name, const std::string& shape, std::uint64_t begin,
                        std::uint64_t end) {
    return "\"" + name + R"(":{"dtype":"F32","shape":)" + shape + R"(,"data_offsets":[)" +
           std::to_string(begin) + "," + std::to_string(end) + "]}";
  };
  const std::string a = entry("a", "[2]", 0, 8), b = entry("b", "[2]", 8, 16);
  CHECK(refused(safetensors("{" + a + "," + b + "}", 16)).empty());
  CHECK(refused(safetensors("{}", 0)).empty());
  CHECK(!refused(safetensors("{" + a + "," + b + "}", 17)).empty());  // something after
  CHECK(!refused(safetensors("{" + a + "," + b + "}", 15)).empty());  // cut
  CHECK(!refused(safetensors("{" + a + "," + entry("b", "[2]", 12, 20) + "}", 20)).empty());  // gap
  CHECK(!refused(safetensors("{" + a + "," + entry("b", "[2]", 4, 12) + "}", 12))
             .empty());                                                          // overlap
  CHECK(!refused(safetensors("{" + a + "," + a + "}", 8)).empty());              // duplicate
  CHECK(!refused(safetensors("{" + entry("a", "[3]", 0, 8) + "}", 8)).empty());  // shape
  CHECK(!refused(safetensors("{" + entry("a", "[-2]", 0, 8) + "}", 8)).empty());
  CHECK(!refused(safetensors("{" + entry("a", "[2.0]", 0, 8) + "}", 8)).empty());
  CHECK(!refused(safetensors("{" + entry("a", "[281474976710656,281474976710656]", 0, 0) + "}", 0))
             .empty());
  CHECK(!refused(safetensors("{" + entry("a", "[1,1,1,1,1,1,2]", 0, 8) + "}", 8)).empty());
  CHECK(!refused(safetensors(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}})", 8))
             .empty());
  CHECK(!refused(safetensors(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"x":1}})", 8))
             .empty());
  CHECK(!refused(safetensors(R"({"a":[[[[[[]]]]]]})", 0)).empty());
  CHECK(!refused(safetensors(R"({"__metadata__":{"a":1}})", 0)).empty());
  CHECK(!refused(safetensors(" {}", 0)).empty());
  auto longest = safetensors("{}", 0);
  std::fill(longest.begin(), longest.begin() + 8, std::uint8_t{255});
  CHECK(!refused(longest).empty());
}

TEST_CASE("safetensors: what the writer refuses leaves no file") {
  const TemporaryFolder folder;
  const auto path = folder / "a";
  const Tensor t = Tensor::zeros({1});
  using List = std::vector<NamedTensor>;
  CHECK(!error_of([&] { write_safetensors(path, List{{"a", t}, {"a", t}}); }).empty());
  CHECK(!error_of([&] { write_safetensors(path, List{{"", t}}); }).empty());
  CHECK(!error_of([&] { write_safetensors(path, List{{"__metadata__", t}}); }).empty());
  CHECK(!error_of([&] { write_safetensors(path, List{{"a", Tensor()}}); }).empty());
  CHECK(!error_of([&] { write_safetensors(path, List{{"\xff", t}}); }).empty());
  CHECK(!error_of([&] { write_safetensors(path, List{{"a", t}}, {{"crc32c.a", ""}}); }).empty());
  CHECK(std::filesystem::is_empty(folder.path()));
}
