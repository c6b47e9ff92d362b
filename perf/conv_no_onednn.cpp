#include "perf/conv_yardstick.h"

namespace burin::perf {

std::unique_ptr<Yardstick> make_yardstick(Pass, const kernels::ConvShape&, const float*,
                                          const float*, const float*) {
  return nullptr;
}

}  // namespace burin::perf
