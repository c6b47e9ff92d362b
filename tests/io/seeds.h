// The stored seeds (tests/fuzz/seeds, made by tests/fuzz/make_seeds.py with other programs), and
// the words of an Error.
#pragma once

#include <doctest/doctest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "engine/error.h"
#include "io/file.h"
#include "tests/support/temporary_folder.h"

namespace burin::test {

// meson starts the tests in the root of the sources.
inline std::filesystem::path seed(const std::string& name) {
  return std::filesystem::path("tests/fuzz/seeds") / name;
}
inline std::vector<std::uint8_t> seed_bytes(const std::string& name) {
  return read_file(seed(name));
}

// The text of the Error that a call throws; "" when it throws none. The text must be one line.
template <class F>
std::string error_of(F&& call) {
  try {
    call();
  } catch (const Error& error) {
    const std::string text = error.what();
    CHECK(text.find('\n') == std::string::npos);
    return text;
  }
  return "";
}

}  // namespace burin::test
