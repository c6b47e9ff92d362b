#include "io/onnx/rules.h"

namespace burin {

std::span<const OnnxRule> onnx_rules_conv() { return {}; }

}  // namespace burin
