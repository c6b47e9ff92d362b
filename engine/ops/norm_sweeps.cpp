#include "engine/ops/norm_sweeps.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "engine/error.h"
#include "engine/ops/operands.h"
#include "engine/runtime/workers.h"

namespace burin {
namespace {

double number(float v) { return static_cast<double>(v); }

// Entry c of gamma or beta, which may be a view with gaps.
double entry(const Tensor& vector, std::int64_t c, double absent) {
  return vector ? number(vector.data()[c * vector.layout().stride(0)]) : absent;
}

// A set's pixels in fixed blocks.
struct Blocks {
  std::int64_t size, per_set;
  explicit Blocks(const NormSets& s)
      : size(kernels::norm_block_pixels(static_cast<int>(s.channels))),
        per_set((s.pixels + size - 1) / size) {}
  std::int64_t pixels(const NormSets& s, std::int64_t block) const {
    return std::min(size, s.pixels - block * size);
  }
};

// f(set, block, first pixel, pixels) for every block, in parallel.
template <class F>
void each_block(const NormSets& s, F f) {
  const Blocks blocks(s);
  runtime::parallel_for(
      s.sets * blocks.per_set, 1, [&](std::int64_t first, std::int64_t last, int) {
        for (std::int64_t t = first; t < last; ++t) {
          const std::int64_t set = t / blocks.per_set, block = t % blocks.per_set;
          f(set, t, set * s.pixels + block * blocks.size, blocks.pixels(s, block));
        }
      });
}

// f(set, channel) for all, in parallel.
template <class F>
void each_channel(const NormSets& s, F f) {
  runtime::parallel_for(s.sets * s.channels, 16, [&](std::int64_t first, std::int64_t last, int) {
    for (std::int64_t t = first; t < last; ++t) f(t / s.channels, t % s.channels);
  });
}

// Joins the blocks' moments of each channel in block order (Chan, Golub, LeVeque 1983).
void join_blocks(const Tensor& partial, const NormSets& s, double* mean, double* m2) {
  const Blocks blocks(s);
  each_channel(s, [&](std::int64_t set, std::int64_t c) {
    // [block][mean, m2][channel]
    const float* of = partial.data() + set * blocks.per_set * 2 * s.channels + c;
    double sum = 0, squares = 0;
    for (std::int64_t b = 0; b < blocks.per_set; ++b)
      sum += number(of[2 * b * s.channels]) * static_cast<double>(blocks.pixels(s, b));
    const double center = sum / static_cast<double>(s.pixels);
    for (std::int64_t b = 0; b < blocks.per_set; ++b) {
      const double off = number(of[2 * b * s.channels]) - center;
      squares += number(of[(2 * b + 1) * s.channels]) +
                 off * off * static_cast<double>(blocks.pixels(s, b));
    }
    mean[set * s.channels + c] = center;
    m2[set * s.channels + c] = squares;
  });
}

// From moments per channel to moments per group.
void join_groups(const NormSets& s, double* mean, double* m2) {
  const std::int64_t width = s.channels / s.groups;
  for (std::int64_t g = 0; g < s.sets * s.groups; ++g) {
    double *center = mean + g * width, *squares = m2 + g * width;
    double sum = 0, total = 0;
    for (std::int64_t c = 0; c < width; ++c) sum += center[c];
    const double joint = sum / static_cast<double>(width);
    for (std::int64_t c = 0; c < width; ++c)
      total +=
          squares[c] + static_cast<double>(s.pixels) * (center[c] - joint) * (center[c] - joint);
    std::fill_n(center, width, joint);
    std::fill_n(squares, width, total);
  }
}

kernels::Epilogue activation_of(const NormAttributes& a) { return {a.activation, a.slope}; }

// Rows of the saved coefficients, each [sets, channels].
enum Row : int { row_mean, row_inv_std, row_scale, row_shift };
float* row_of(const Tensor& coefficients, Row row, const NormSets& s) {
  return coefficients.data() + row * s.sets * s.channels;
}

}  // namespace

Shape infer_norm(const OpDef& op, std::span<const Shape> inputs, const NormAttributes& attributes) {
  const Shape& x = inputs[0];
  const std::string name(op.name);
  if (x.rank() < 2) throw Error(name, "an input [n,c,...]", x.text());
  if (x.elements() == 0) throw Error(name, "an input that is not empty", x.text());
  for (std::size_t i = 1; i < inputs.size(); ++i) {
    if (i >= op.required && inputs[i].rank() == 0) continue;  // absent
    if (inputs[i].rank() != 1 || inputs[i][0] != x.channels())
      throw Error(name, "parameters of shape " + std::to_string(x.channels()), inputs[i].text());
  }
  if (!(attributes.epsilon > 0))
    throw Error(name, "epsilon > 0", std::to_string(attributes.epsilon));
  if (attributes.activation != Activation::none && attributes.activation != Activation::relu &&
      attributes.activation != Activation::leaky_relu)
    throw Error(name, "activation none, relu or leaky_relu", "another");
  return x;
}

NormMoments norm_moments(const Tensor& x, const NormSets& s) {
  const Blocks blocks(s);
  const auto channels = static_cast<int>(s.channels);
  const Tensor partial = Tensor::empty({s.sets * blocks.per_set, 2, s.channels}, DType::f32,
                                       Order::row_major);  // mean, m2
  const auto& table = kernels::norm();
  each_block(s, [&](std::int64_t, std::int64_t block, std::int64_t first, std::int64_t pixels) {
    float* out = partial.data() + block * 2 * s.channels;
    table.statistics(x.data() + first * x.pixel_stride(), x.pixel_stride(), pixels, channels, out,
                     out + s.channels);
  });
  const Shape shape{s.sets, s.channels};
  NormMoments moments{Tensor::empty(shape, DType::f64, Order::row_major),
                      Tensor::empty(shape, DType::f64, Order::row_major)};
  double *mean = moments.mean.data<double>(), *variance = moments.variance.data<double>();
  join_blocks(partial, s, mean, variance);
  if (s.groups != s.channels) join_groups(s, mean, variance);
  for (std::int64_t i = 0; i < s.sets * s.channels; ++i)
    variance[i] /= static_cast<double>(s.count());
  return moments;
}

namespace {

// f32 [4, sets, channels]: mean, inv_std, scale, shift.
Tensor norm_coefficients(const NormMoments& moments, const Tensor& gamma, const Tensor& beta,
                         const NormSets& s, float epsilon) {
  const Tensor out = Tensor::empty({4, s.sets, s.channels}, DType::f32, Order::row_major);
  const double *mean = moments.mean.data<double>(), *variance = moments.variance.data<double>();
  for (std::int64_t i = 0; i < s.sets * s.channels; ++i) {
    const std::int64_t c = i % s.channels;
    const double inv_std = 1 / std::sqrt(variance[i] + number(epsilon));
    const auto scale = static_cast<float>(entry(gamma, c, 1) * inv_std);
    row_of(out, row_mean, s)[i] = static_cast<float>(mean[i]);
    row_of(out, row_inv_std, s)[i] = static_cast<float>(inv_std);
    row_of(out, row_scale, s)[i] = scale;
    row_of(out, row_shift, s)[i] = static_cast<float>(entry(beta, c, 0) - mean[i] * number(scale));
  }
  return out;
}

// y = act(x*scale + shift); returns y.
Tensor norm_apply(const Tensor& x, const Tensor& coefficients, const NormSets& s,
                  const NormAttributes& attributes, const Tensor& y) {
  const auto& table = kernels::norm();
  each_block(s, [&](std::int64_t set, std::int64_t, std::int64_t first, std::int64_t pixels) {
    table.normalize({.x = x.data() + first * x.pixel_stride(),
                     .x_pixel = x.pixel_stride(),
                     .y = y.data() + first * y.pixel_stride(),
                     .y_pixel = y.pixel_stride(),
                     .pixels = pixels,
                     .channels = static_cast<int>(s.channels),
                     .scale = row_of(coefficients, row_scale, s) + set * s.channels,
                     .shift = row_of(coefficients, row_shift, s) + set * s.channels,
                     .activation = activation_of(attributes)});
  });
  return y;
}

}  // namespace

Tensor norm_forward(ForwardContext& context, const Tensor& x, const NormMoments& moments,
                    const NormSets& s) {
  const auto& attributes = std::get<NormAttributes>(context.attributes);
  for (const Tensor& vector : context.inputs.subspan(1)) require_f32(s.op, vector);
  const Tensor coefficients =
      norm_coefficients(moments, context.inputs[1], context.inputs[2], s, attributes.epsilon);
  context.saved.push_back(coefficients);
  return norm_apply(x, coefficients, s, attributes, context.output(x.shape()));
}

namespace {

struct Backward {
  Tensor x, dy;  // channels last
  const Tensor& coefficients;
  const NormSets& s;
  kernels::Epilogue activation;

  kernels::NormBackward block(std::int64_t set, std::int64_t first, std::int64_t pixels) const {
    const std::int64_t at = set * s.channels;
    return {.x = x.data() + first * x.pixel_stride(),
            .x_pixel = x.pixel_stride(),
            .dy = dy.data() + first * dy.pixel_stride(),
            .dy_pixel = dy.pixel_stride(),
            .pixels = pixels,
            .channels = static_cast<int>(s.channels),
            .mean = row_of(coefficients, row_mean, s) + at,
            .scale = row_of(coefficients, row_scale, s) + at,
            .shift = row_of(coefficients, row_shift, s) + at,
            .activation = activation};
  }
};

// f64 [2, sets, channels]: sums of dz and of dz*(x - mean), blocks added in their order.
Tensor backward_sums(const Backward& b) {
  const NormSets& s = b.s;
  const Blocks blocks(s);
  const Tensor partial =
      Tensor::empty({s.sets * blocks.per_set, 2, s.channels}, DType::f32, Order::row_major);
  const auto& table = kernels::norm();
  each_block(s, [&](std::int64_t set, std::int64_t block, std::int64_t first, std::int64_t pixels) {
    float* out = partial.data() + block * 2 * s.channels;
    table.reduce(b.block(set, first, pixels), out, out + s.channels);
  });
  const Tensor sums = Tensor::empty({2, s.sets, s.channels}, DType::f64, Order::row_major);
  each_channel(s, [&](std::int64_t set, std::int64_t c) {
    const float* of = partial.data() + set * blocks.per_set * 2 * s.channels + c;
    double dz = 0, dz_x = 0;
    for (std::int64_t k = 0; k < blocks.per_set; ++k) {
      dz += number(of[2 * k * s.channels]);
      dz_x += number(of[(2 * k + 1) * s.channels]);
    }
    sums.data<double>()[set * s.channels + c] = dz;
    sums.data<double>()[(s.sets + set) * s.channels + c] = dz_x;
  });
  return sums;
}

// f32 [3, sets, channels]: a, b, d of dx = a*dz + b*(x - mean) + d.
Tensor gradient_coefficients(const Backward& b, const Tensor& sums, const Tensor& gamma) {
  const NormSets& s = b.s;
  const std::int64_t width = s.channels / s.groups, all = s.sets * s.channels;
  const Tensor out = Tensor::empty({3, s.sets, s.channels}, DType::f32, Order::row_major);
  const double *dz = sums.data<double>(), *dz_x = dz + all;
  const auto count = static_cast<double>(s.count());
  for (std::int64_t g = 0; g < s.sets * s.groups; ++g) {
    const std::int64_t first = g * width;
    const double inv_std = number(row_of(b.coefficients, row_inv_std, s)[first]);
    double mean_dx = 0, mean_dx_xhat = 0;  // of gamma*dz and of gamma*dz*xhat
    for (std::int64_t i = first; i < first + width; ++i) {
      const double factor = entry(gamma, i % s.channels, 1) / count;
      mean_dx += factor * dz[i];
      mean_dx_xhat += factor * dz_x[i] * inv_std;
    }
    for (std::int64_t i = first; i < first + width; ++i) {
      out.data()[i] = static_cast<float>(entry(gamma, i % s.channels, 1) * inv_std);
      out.data()[all + i] = static_cast<float>(-inv_std * inv_std * mean_dx_xhat);
      out.data()[2 * all + i] = static_cast<float>(-inv_std * mean_dx);
    }
  }
  return out;
}

Tensor input_gradient(const Backward& b, const Tensor& abd) {
  const NormSets& s = b.s;
  const Tensor dx = Tensor::empty(b.x.shape());
  const auto& table = kernels::norm();
  each_block(s, [&](std::int64_t set, std::int64_t, std::int64_t first, std::int64_t pixels) {
    kernels::NormBackward args = b.block(set, first, pixels);
    args.a = abd.data() + set * s.channels;
    args.b = args.a + s.sets * s.channels;
    args.d = args.b + s.sets * s.channels;
    args.dx = dx.data() + first * dx.pixel_stride();
    args.dx_pixel = dx.pixel_stride();
    table.gradient(args);
  });
  return dx;
}

}  // namespace

void norm_backward(BackwardContext& context, const NormSets& s) {
  const auto& attributes = std::get<NormAttributes>(context.attributes);
  const Backward b{as_channels_last(s.op, context.inputs[0]), as_channels_last(s.op, context.dy),
                   context.saved[0], s, activation_of(attributes)};
  const Tensor sums = backward_sums(b);
  if (context.wants[0])
    context.gradients[0] = input_gradient(b, gradient_coefficients(b, sums, context.inputs[1]));
  const double *dz = sums.data<double>(), *dz_x = dz + s.sets * s.channels;
  const float* inv_std = row_of(context.saved[0], row_inv_std, s);
  for (const std::size_t which : {std::size_t{1}, std::size_t{2}}) {
    if (!context.wants[which]) continue;
    const Tensor out = Tensor::empty({s.channels});
    for (std::int64_t c = 0; c < s.channels; ++c) {
      double sum = 0;
      for (std::int64_t i = c; i < s.sets * s.channels; i += s.channels)
        sum += which == 1 ? dz_x[i] * number(inv_std[i]) : dz[i];
      out.data()[c] = static_cast<float>(sum);
    }
    context.gradients[which] = out;
  }
}

}  // namespace burin
