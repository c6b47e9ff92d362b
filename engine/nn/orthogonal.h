// Orthonormal rows or columns out of a matrix of full rank, by modified Gram-Schmidt in double: the
// Q of its QR decomposition with a positive diagonal of R, so that normal numbers give matrices
// evenly spread over all orthogonal ones (Stewart 1980). Bits do not depend on the thread count.
#pragma once

#include <cstdint>
#include <span>

namespace burin {

// matrix [rows, matrix.size()/rows], in place: its rows become orthonormal, or its columns where
// those are fewer.
void make_orthogonal(std::span<float> matrix, std::int64_t rows);

}  // namespace burin
