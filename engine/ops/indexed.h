// What gather and scatter by element and by tuple of indices share: lists of places in a row-major
// tensor, each the begin of a run of numbers.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "engine/autograd/attributes.h"
#include "engine/tensor/tensor.h"

namespace burin {

// indices[i] stands for index i of x with that number on the axis. Returns the shape of the indices.
// Throws Error{op, ...} unless it fits into x but for the axis.
Shape check_element_indices(std::string_view op, const Shape& x, const Shape& indices, int axis);
[[nodiscard]] std::vector<std::int64_t> element_places(std::string_view op, const Shape& x,
                                                       const Tensor& indices, int axis);

// The last axis of the indices holds the leading indices of x, after `batch` axes that both share.
// Returns the shape of what they stand for. Throws Error{op, ...}.
[[nodiscard]] Shape tuple_shape(std::string_view op, const Shape& x, const Shape& indices,
                                int batch);
[[nodiscard]] std::vector<std::int64_t> tuple_places(std::string_view op, const Shape& x,
                                                     const Tensor& indices, int batch);

// `run` numbers of x from each place, as `shape`; row major.
[[nodiscard]] Tensor read_places(const Tensor& x, const std::vector<std::int64_t>& places,
                                 std::int64_t run, const Shape& shape);
// Puts `run` numbers of `updates` to each place of y, a dense row-major tensor, in order.
void write_places(const Tensor& y, const std::vector<std::int64_t>& places, std::int64_t run,
                  const Tensor& updates, ScatterMode mode);

// Of the ops that scatter: inputs x, indices, updates. Throw Error{op, ...}.
void check_updates(std::string_view op, const Shape& updates, const Shape& wanted);
[[nodiscard]] DType scattered_type(std::string_view op, std::span<const DType> inputs,
                                   ScatterMode mode);
// A copy of x with the updates at the places.
[[nodiscard]] Tensor scattered(const Tensor& x, const std::vector<std::int64_t>& places,
                               std::int64_t run, const Tensor& updates, ScatterMode mode);

}  // namespace burin
