// Activations, by themselves or as the end of another op.
#pragma once

#include <string>

#include "io/onnx/writer.h"

namespace burin {

// `x` itself for Activation::none.
[[nodiscard]] std::string add_activation(ExportContext& c, const std::string& x,
                                         Activation activation, float slope);

}  // namespace burin
