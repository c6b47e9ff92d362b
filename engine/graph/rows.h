// Nodes whose result can be made row by row. A row is a position of the outer axis of an image: h of
// [n,c,h,w], d of [n,c,d,h,w].
#pragma once

#include <optional>
#include <string>

#include "engine/graph/graph.h"
#include "kernels/table.h"

namespace burin {

struct Rows {
  std::int64_t first = 0, last = 0;  // [first, last)
  [[nodiscard]] std::int64_t count() const noexcept { return last - first; }
  [[nodiscard]] bool empty() const noexcept { return last <= first; }
};

inline constexpr int row_axis = 2;

[[nodiscard]] inline std::int64_t row_count(const Shape& shape) { return shape[row_axis]; }

struct RowLocal {
  std::string kernel;       // entry of the node's table, which each part is to run; empty: no table
  std::int64_t period = 1;  // parts begin at multiples of this,
  std::int64_t shift = 0;   // less this
  // The first row from `row` on that a part may begin at.
  [[nodiscard]] std::int64_t cut_from(std::int64_t row) const noexcept {
    return (row + shift + period - 1) / period * period - shift;
  }
};
// How the node can be made in parts that have the bits of the whole; empty where it cannot.
[[nodiscard]] std::optional<RowLocal> row_local(const Graph& graph, int id,
                                                kernels::Precision precision);

// Whether an operand is an image that is read in part; the others are constants, read as they are.
[[nodiscard]] bool reads_rows(const Graph& graph, const Node& node, std::size_t operand);

// Rows of an image operand that `rows` of the result read.
[[nodiscard]] Rows rows_read(const Graph& graph, const Node& node, std::size_t operand, Rows rows);

// The node that makes `rows` of one image of the result from just the rows that it reads: its shape
// and attributes.
[[nodiscard]] Node part_of(const Graph& graph, int id, Rows rows);

// A constant operand as that part reads it.
[[nodiscard]] Tensor part_of_constant(const Node& whole, const Tensor& constant, Rows rows);

// Whether the kernel takes the part.
[[nodiscard]] bool serves(const Graph& graph, int id, const Node& part, const std::string& kernel,
                          kernels::Precision precision);

// Bytes of packed weights and of scratch that tasks share, of the kernels that will be chosen for
// convolutions.
struct KernelBytes {
  std::size_t packed = 0, shared = 0;
};
[[nodiscard]] KernelBytes kernel_bytes(const Graph& graph, kernels::Precision precision);

}  // namespace burin
