// Which kernel serves a shape is decided once per op, pass and shape, by cost or by BURIN_KERNEL.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/conv/conv.h"
#include "kernels/matmul/matmul.h"

namespace burin {

struct ChosenKernel {
  std::string op;      // "conv", "conv_transpose", "linear", "matmul"
  std::string pass;    // "forward", "data", "weight"
  std::string shape;   // "1x64x48x48 -> 1x128x48x48, kernel 3x3, pad 1x1"
  std::string kernel;  // name of the entry
};

// Choices that a process remembers, of one family and in the list below.
inline constexpr std::size_t most_choices = 1024;

// The choices of this process so far, in the order of first use; for run.json.
[[nodiscard]] std::vector<ChosenKernel> chosen_kernels();

// Throws Error where BURIN_KERNEL names a family or a kernel that this build does not have.
void check_requested_kernels();
// The same for BURIN_MAX_ISA, then for BURIN_KERNEL: what a program does before its work.
void check_environment();

// Besides the shape, what an entry is chosen by, and how many are asked.
struct Wanted {
  kernels::Activation activation = kernels::Activation::none;
  kernels::Precision precision = kernels::Precision::f32;
  std::string_view entry{};  // full name of the one that must serve a program; empty: any
  bool timed = false;        // those that can serve will be timed: all of them are asked
  friend bool operator==(const Wanted&, const Wanted&) = default;
};

// BURIN_KERNEL is read by the family ("conv" for both convolutions, "matmul" for linear and
// matmul); a request that no usable entry can serve is passed over.
enum class ConvPass { forward, data };
[[nodiscard]] const kernels::ConvKernel& conv_kernel(std::string_view op, ConvPass pass,
                                                     const kernels::ConvShape& shape,
                                                     const Wanted& wanted = {});
[[nodiscard]] const kernels::ConvWeightKernel& conv_weight_kernel(std::string_view op,
                                                                  const kernels::ConvShape& shape,
                                                                  const Wanted& wanted = {});
[[nodiscard]] const kernels::MatmulKernel& matmul_kernel(std::string_view op, std::string_view pass,
                                                         const kernels::MatmulShape& shape,
                                                         const Wanted& wanted = {});

}  // namespace burin
