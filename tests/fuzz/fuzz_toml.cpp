// libFuzzer target, see run.sh; seeds/toml holds its seeds.
#include "tests/fuzz/readers.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  burin::test::read_toml({data, size});
  return 0;
}
