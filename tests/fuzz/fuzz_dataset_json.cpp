// libFuzzer target, see run.sh; seeds/dataset_json holds its seeds.
#include "tests/fuzz/readers.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  burin::test::read_dataset_json({data, size});
  return 0;
}
