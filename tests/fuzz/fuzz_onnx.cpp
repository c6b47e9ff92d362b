// libFuzzer target, see run.sh; seeds/onnx holds its seeds.
#include "tests/fuzz/readers.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  burin::test::read_onnx({data, size});
  return 0;
}
