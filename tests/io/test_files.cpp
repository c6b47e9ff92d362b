#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <csignal>
#include <fstream>

#include "io/atomic_file.h"
#include "io/crc32c.h"
#include "io/json.h"
#include "io/sha256.h"
#include "tests/io/seeds.h"
#include "tests/support/random.h"

using namespace burin;
using namespace burin::test;

namespace {

std::span<const std::uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
std::string content(const std::filesystem::path& path) {
  const auto bytes = read_file(path);
  return {bytes.begin(), bytes.end()};
}
std::size_t count_files(const std::filesystem::path& folder) {
  std::size_t n = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder)) ++n;
  return n;
}

}  // namespace

TEST_CASE("sha256: the vectors of FIPS 180-4") {
  CHECK(sha256_hex(std::string_view("")) ==
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256_hex(std::string_view("abc")) ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256_hex(std::string_view("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")) ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(sha256_hex(std::string(1'000'000, 'a')) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("sha256: pieces of any length give the hash of the whole") {
  Random random(3);
  std::vector<std::uint8_t> bytes(500);
  for (auto& b : bytes) b = static_cast<std::uint8_t>(random.bits());
  for (int round = 0; round < 50; ++round) {
    Sha256 hash;
    const std::size_t length = random.bits() % bytes.size();
    for (std::size_t at = 0; at < length;) {
      const std::size_t n = std::min<std::size_t>(1 + random.bits() % 90, length - at);
      hash.update({bytes.data() + at, n});
      at += n;
    }
    const auto digest = hash.finish();
    char first[3];
    std::snprintf(first, sizeof first, "%02x", digest[0]);
    CHECK(sha256_hex({bytes.data(), length}).substr(0, 2) == first);
  }
}

TEST_CASE("crc32c: the check value, RFC 3720's vectors, continuation") {
  CHECK(crc32c(bytes_of("123456789")) == 0xe3069283u);
  CHECK(crc32c(std::vector<std::uint8_t>(32, 0)) == 0x8a9136aau);
  CHECK(crc32c(std::vector<std::uint8_t>(32, 255)) == 0x62a8ab43u);
  const std::string text = "the quick brown fox jumps over the lazy dog";
  for (std::size_t cut = 0; cut <= text.size(); ++cut)
    CHECK(crc32c(bytes_of(text.substr(cut)), crc32c(bytes_of(text.substr(0, cut)))) ==
          crc32c(bytes_of(text)));
}

TEST_CASE("json: strict and bounded") {
  CHECK(parse_json(R"({"a": [1, 2]})", "read x")["a"][1] == 2);
  const auto refused = [](std::string_view text, JsonLimits limits = {}) {
    return error_of([&] { (void)parse_json(text, "read x", limits); });
  };
  CHECK(refused(R"({"a": 1, "b": {"a": 2}})").empty());
  CHECK(refused(R"({"a": 1, "a": 2})") ==
        "read x: expected JSON without duplicate keys, got \"a\" twice");
  CHECK(refused("[[[1]]]", {.depth = 2}).find("2 levels") != std::string::npos);
  CHECK(refused("[[1]]", {.depth = 2}).empty());
  CHECK(refused("[1,2,3]", {.values = 3}).find("3 values") != std::string::npos);
  CHECK(!refused(std::string(1'000'000, '[')).empty());
  for (const char* text : {"", "{", "[1,]", "NaN", "\"\xff\"", "{} {}", "1e999", "[1]\nx"})
    CHECK(!refused(text).empty());
}

TEST_CASE("atomic file: the old file or the new one") {
  const TemporaryFolder folder;
  const auto path = folder / "a";
  write_file(path, "old");
  {
    AtomicFile file(path);
    file.write("half of the new");
    CHECK(content(path) == "old");
    CHECK(count_files(folder.path()) == 2);
  }  // not committed
  CHECK(content(path) == "old");
  CHECK(count_files(folder.path()) == 1);
  write_file(path, "new");
  CHECK(content(path) == "new");
  CHECK(count_files(folder.path()) == 1);
}

TEST_CASE("a file is renamed in place of another, or both stay") {
  const TemporaryFolder folder;
  write_file(folder / "from", "new");
  write_file(folder / "to", "old");
  rename_file(folder / "from", folder / "to");
  CHECK(content(folder / "to") == "new");
  CHECK(count_files(folder.path()) == 1);
  CHECK(error_of([&] { rename_file(folder / "none", folder / "to"); }) ==
        "write " + (folder / "to").string() +
            ": expected a file that can be written, got No such file or directory");
  CHECK(content(folder / "to") == "new");
}

TEST_CASE("atomic file: links are followed, devices and folders refused") {
  const TemporaryFolder folder;
  write_file(folder / "target", "1");
  std::filesystem::create_symlink("target", folder / "link");
  write_file(folder / "link", "2");
  CHECK(std::filesystem::is_symlink(folder / "link"));
  CHECK(content(folder / "target") == "2");
  CHECK(error_of([] { write_file("/dev/null", "x"); }) ==
        "write /dev/null: expected a regular file, got something else");
  CHECK(error_of([&] { write_file(folder.path(), "x"); }).find("got a folder") !=
        std::string::npos);
  CHECK(error_of([&] { write_file(folder / "none/x", "x"); }).find("No such file") !=
        std::string::npos);
  CHECK(error_of([&] { make_folder(folder / "target"); }).find("a folder") != std::string::npos);
}

TEST_CASE("atomic file: a full disk leaves the old file and nothing else") {
  const TemporaryFolder folder;
  write_file(folder / "a", "old");
  // A file size limit stands for the full disk: write fails with EFBIG after 4096 bytes.
  rlimit limit{};
  getrlimit(RLIMIT_FSIZE, &limit);
  const rlimit before = limit;
  limit.rlim_cur = 4096;
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  setrlimit(RLIMIT_FSIZE, &limit);
  const std::string text = error_of([&] { write_file(folder / "a", std::string(10000, 'x')); });
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  CHECK(text == "write " + (folder / "a").string() +
                    ": expected a file that can be written, got File too large");
  CHECK(content(folder / "a") == "old");
  CHECK(count_files(folder.path()) == 1);
  // A device that is full from the start.
  CHECK(error_of([] { write_file("/dev/full", "x"); }).find("a regular file") != std::string::npos);
}

TEST_CASE("atomic file: what a killed process left is removed, what a living one writes is not") {
  const TemporaryFolder folder;
  const pid_t child = fork();
  if (child == 0) {
    AtomicFile file(folder / "a");
    file.write("x");
    std::raise(SIGKILL);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status));
  AtomicFile living(folder / "b");
  CHECK(count_files(folder.path()) == 2);
  std::ofstream(folder / "c.tmp.x") << "another's";
  remove_stale_temporaries(folder.path());
  CHECK(count_files(folder.path()) == 2);
  living.write("b");
  living.commit();
  CHECK(content(folder / "b") == "b");
}

TEST_CASE("byte source: bounds, and no waiting at a pipe") {
  const std::vector<std::uint8_t> bytes{1, 2, 3, 4};
  const ByteSource source(bytes, "memory");
  std::uint8_t out[4];
  source.read(2, {out, 2});
  CHECK(out[1] == 4);
  CHECK(error_of([&] {
          source.read(2, {out, 3});
        }) == "read memory: expected 3 bytes at 2, got a file of 4");
  CHECK(!error_of([&] { source.read(~std::uint64_t{0}, {out, 1}); }).empty());
  const TemporaryFolder folder;
  REQUIRE(mkfifo((folder / "pipe").c_str(), 0600) == 0);
  CHECK(error_of([&] { (void)read_file(folder / "pipe"); }).find("a regular file") !=
        std::string::npos);
  write_file(folder / "a", "12345");
  CHECK(error_of([&] { (void)read_file(folder / "a", 4); }).find("at most 4 bytes") !=
        std::string::npos);
}
