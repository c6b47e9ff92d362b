// y[m,n] = sum_k (a[m,k] - a_zero) * (b[k,n] - b_zero), in i32; stacks of matrices too
#include "engine/ops/all_ops.h"
#include "engine/ops/batches.h"
#include "engine/ops/ops.h"
#include "engine/ops/quantized.h"

namespace burin {
namespace {

constexpr std::string_view name = "integer_matmul";

Shape infer(std::span<const Shape> inputs, const Attributes&) {
  const Shape y = product_shape(name, inputs[0], inputs[1]);
  check_per_entry(name, "a_zero", inputs[2], y[y.rank() - 2]);
  check_per_entry(name, "b_zero", inputs[3], y[y.rank() - 1]);
  return y;
}

DType type(std::span<const DType> inputs, const Attributes&) {
  return integer_product_type(name, inputs);
}

// Row major, minus one zero point for each row (or column).
Tensor centered(const Tensor& given, const Tensor& zero, bool by_row) {
  const Tensor x = given.in_order(Order::row_major);
  const Shape& shape = x.shape();
  const std::int64_t rows = shape[shape.rank() - 2], columns = shape[shape.rank() - 1];
  const std::vector<std::int32_t> zeros = zero_points(name, zero, by_row ? rows : columns);
  const Tensor out = Tensor::empty(shape, DType::i32, Order::row_major);
  for_type(name, x.dtype(), Bytes{}, [&](auto type) {
    const auto* in = x.data<decltype(type)>();
    for (std::int64_t i = 0; i < x.elements(); ++i) {
      const std::int64_t entry = by_row ? i / columns % rows : i % columns;
      out.data<std::int32_t>()[i] = in[i] - zeros[static_cast<std::size_t>(entry)];
    }
  });
  return out;
}

Tensor forward(ForwardContext& context) {
  const Tensor a = centered(context.inputs[0], context.inputs[2], true);
  const Tensor b = centered(context.inputs[1], context.inputs[3], false);
  const Shape shape = product_shape(name, a.shape(), b.shape());
  const Tensor y = Tensor::empty(shape, DType::i32, Order::row_major);
  const std::int64_t m = shape[shape.rank() - 2], n = shape[shape.rank() - 1];
  const std::int64_t depth = a.shape()[a.shape().rank() - 1];
  each_matrix(a, b, leading(shape), [&](std::int64_t i, std::int64_t from_a, std::int64_t from_b) {
    const std::int32_t* left = a.data<std::int32_t>() + from_a;
    const std::int32_t* right = b.data<std::int32_t>() + from_b;
    std::int32_t* out = y.data<std::int32_t>() + i * m * n;
    runtime::parallel_for(
        m, rows_grain(depth * n), [=](std::int64_t first, std::int64_t last, int) {
          for (std::int64_t row = first; row < last; ++row)
            for (std::int64_t column = 0; column < n; ++column) {
              std::uint32_t sum = 0;  // wraps around
              for (std::int64_t k = 0; k < depth; ++k)
                sum += static_cast<std::uint32_t>(left[row * depth + k] * right[k * n + column]);
              out[row * n + column] = static_cast<std::int32_t>(sum);
            }
        });
  });
  return y;
}

}  // namespace

const OpDef integer_matmul_op{.name = name,
                              .infer = infer,
                              .forward = forward,
                              .backward = nullptr,
                              .needs = Needs::nothing,
                              .required = 2,
                              .infer_type = type};

Value integer_matmul(const Value& a, const Value& b, const Value& a_zero, const Value& b_zero) {
  return a.tape().record(integer_matmul_op, {a, b, a_zero, b_zero}, {});
}

}  // namespace burin
