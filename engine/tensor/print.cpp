#include <cstdio>

#include "engine/tensor/tensor.h"

namespace burin {
namespace {

constexpr std::size_t ends = 8;  // numbers shown at either end of a long tensor

std::string number(float value) {
  char buffer[32];
  std::snprintf(buffer, sizeof(buffer), "%.6g", static_cast<double>(value));
  return buffer;
}

}  // namespace

std::string to_text(const Tensor& tensor) {
  if (!tensor) return "undefined";
  std::string out(dtype_name(tensor.dtype()));
  out += " " + tensor.shape().text();
  const Layout& layout = tensor.layout();
  out += layout.is_channels_last() ? " channels_last"
         : layout.is_row_major()   ? " row_major"
                                   : " strided";
  const std::vector<float> numbers = tensor.to_vector();
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (numbers.size() > 2 * ends + 1 && i == ends) {
      out += " ...";
      i = numbers.size() - ends;
    }
    out += " " + number(numbers[i]);
  }
  return out;
}

}  // namespace burin
