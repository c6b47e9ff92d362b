#include "engine/ops/shape_text.h"

#include <array>

namespace burin {
namespace {

using kernels::ConvShape;
using kernels::MatmulShape;

bool is_flat(const ConvShape& s) { return s.in[0] == 1 && s.sees_one(0) && s.dilation[0] == 1; }

std::string axes(const ConvShape& s, const std::array<int, 3>& a) {
  const std::string hw = std::to_string(a[1]) + "x" + std::to_string(a[2]);
  return is_flat(s) ? hw : std::to_string(a[0]) + "x" + hw;
}

const char* name_of(kernels::Element type) {
  return type == kernels::Element::bf16 ? "bf16" : "f32";
}

template <class Shape>
std::string storage_text(const Shape& s) {
  std::string out;
  if (s.source_type != kernels::Element::f32 || s.target_type != kernels::Element::f32)
    out += std::string(", ") + name_of(s.source_type) + " -> " + name_of(s.target_type);
  if (s.residual) out += ", residual";
  return out;
}

// Sizes, and how the matrix lies where that is not row by row.
std::string matrix_text(std::int64_t rows, std::int64_t columns, std::int64_t row,
                        std::int64_t column) {
  const std::string sizes = std::to_string(rows) + "x" + std::to_string(columns);
  if (row == columns && column == 1) return sizes;
  if (row == 1 && column == rows) return sizes + " transposed";
  return sizes + " by steps of " + std::to_string(row) + " and " + std::to_string(column);
}

}  // namespace

std::string shape_text(const ConvShape& s) {
  const std::string batch = std::to_string(s.batch) + "x";
  std::string out = batch + std::to_string(s.in_channels) + "x" + axes(s, s.in) + " -> " + batch +
                    std::to_string(s.out_channels) + "x" + axes(s, {s.out(0), s.out(1), s.out(2)}) +
                    ", kernel " + axes(s, s.kernel);
  const std::array<int, 3> ones{1, 1, 1}, zeros{0, 0, 0};
  if (s.stride != ones) out += ", stride " + axes(s, s.stride);
  if (s.dilation != ones) out += ", dilation " + axes(s, s.dilation);
  if (s.pad_begin != zeros || s.pad_end != zeros) out += ", pad " + axes(s, s.pad_begin);
  if (s.pad_end != s.pad_begin) out += " and " + axes(s, s.pad_end);
  if (s.groups != 1) out += ", groups " + std::to_string(s.groups);
  return out + storage_text(s);
}

std::string shape_text(const MatmulShape& s) {
  return matrix_text(s.m, s.k, s.a_row, s.a_depth) + " * " +
         matrix_text(s.k, s.n, s.b_depth, s.b_column) + storage_text(s);
}

}  // namespace burin
