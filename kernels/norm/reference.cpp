// What the tables compute, written down once: scalar loops, in double.
#include "kernels/norm/norm.h"

namespace burin::kernels {
namespace {

double activated(const Epilogue& a, double z) {
  if (a.activation == Activation::none || !(z <= 0)) return z;
  return a.activation == Activation::relu ? 0 : z * static_cast<double>(a.slope);
}

double derivative(const Epilogue& a, double z) {
  if (a.activation == Activation::none || z > 0) return 1;
  return a.activation == Activation::relu ? 0 : static_cast<double>(a.slope);
}

double number(const float* p, std::int64_t i) { return static_cast<double>(p[i]); }

// dy * act'(z) of pixel p, channel c.
double slope_times(const NormBackward& g, std::int64_t p, int c) {
  const double dy = number(g.dy, p * g.dy_pixel + c);
  if (g.activation.activation == Activation::none) return dy;
  const double x = number(g.x, p * g.x_pixel + c);
  return dy * derivative(g.activation, x * number(g.scale, c) + number(g.shift, c));
}

void statistics(const float* x, std::int64_t x_pixel, std::int64_t pixels, int channels,
                float* mean, float* m2) noexcept {
  for (int c = 0; c < channels; ++c) {
    double sum = 0, squares = 0;
    for (std::int64_t p = 0; p < pixels; ++p) sum += number(x, p * x_pixel + c);
    const double center = sum / static_cast<double>(pixels);
    for (std::int64_t p = 0; p < pixels; ++p) {
      const double off = number(x, p * x_pixel + c) - center;
      squares += off * off;
    }
    mean[c] = static_cast<float>(center);
    m2[c] = static_cast<float>(squares);
  }
}

void normalize(const NormForward& f) noexcept {
  for (std::int64_t p = 0; p < f.pixels; ++p)
    for (int c = 0; c < f.channels; ++c) {
      const double z = number(f.x, p * f.x_pixel + c) * number(f.scale, c) + number(f.shift, c);
      f.y[p * f.y_pixel + c] = static_cast<float>(activated(f.activation, z));
    }
}

void reduce(const NormBackward& g, float* sum_dz, float* sum_dz_x) noexcept {
  for (int c = 0; c < g.channels; ++c) {
    double plain = 0, times = 0;
    for (std::int64_t p = 0; p < g.pixels; ++p) {
      const double dz = slope_times(g, p, c);
      plain += dz;
      times += dz * (number(g.x, p * g.x_pixel + c) - number(g.mean, c));
    }
    sum_dz[c] = static_cast<float>(plain);
    sum_dz_x[c] = static_cast<float>(times);
  }
}

void gradient(const NormBackward& g) noexcept {
  for (std::int64_t p = 0; p < g.pixels; ++p)
    for (int c = 0; c < g.channels; ++c) {
      const double off = number(g.x, p * g.x_pixel + c) - number(g.mean, c);
      g.dx[p * g.dx_pixel + c] = static_cast<float>(number(g.a, c) * slope_times(g, p, c) +
                                                    number(g.b, c) * off + number(g.d, c));
    }
}

}  // namespace

constinit const NormKernels norm_reference = {"reference", Isa::reference, statistics,
                                              normalize,   reduce,         gradient};

}  // namespace burin::kernels
