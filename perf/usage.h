// How a microbenchmark says what it takes.
#pragma once

#include <cstdio>
#include <string_view>

namespace burin::perf {

// Whether --help is among the words; then the usage is on standard output.
[[nodiscard]] inline bool helped(int argc, char** argv, const char* usage) {
  for (int i = 1; i < argc; ++i)
    if (std::string_view(argv[i]) == "--help") {
      std::puts(usage);
      return true;
    }
  return false;
}

}  // namespace burin::perf
