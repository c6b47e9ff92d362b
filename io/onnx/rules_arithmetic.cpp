#include "io/onnx/rules.h"

namespace burin {

std::span<const OnnxRule> onnx_rules_arithmetic() { return {}; }

}  // namespace burin
