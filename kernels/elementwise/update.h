// Optimizer steps over flat arrays: one pass reads the gradient and the state and writes the
// weight. Formulas and the place of epsilon as in PyTorch's optimizers (torch.optim documentation);
// g is gradient_scale * gradient everywhere, so that clipping by norm and averaging over
// accumulated steps cost nothing. State starts at zero.
#pragma once

#include <cstdint>

namespace burin::kernels {

// g += weight_decay*w; v = momentum*v + g; d = nesterov ? g + momentum*v : v; w -= rate*d. Without
// momentum v may be null.
struct SgdStep {
  float rate = 0, momentum = 0, weight_decay = 0, gradient_scale = 1;
  bool nesterov = false;
};

// adam: g += weight_decay*w; adamw: w *= 1 - rate*weight_decay. m = beta1*m + (1-beta1)*g; v =
// beta2*v + (1-beta2)*g*g; w -= rate/correction1 * m / (sqrt(v)/sqrt(correction2) + epsilon),
// correction = 1 - beta^step with step from 1.
struct AdamStep {
  float rate = 0, beta1 = 0.9f, beta2 = 0.999f, epsilon = 1e-8f, weight_decay = 0,
        gradient_scale = 1;
  float correction1 = 1, correction2 = 1;
  bool decoupled = false;  // adamw
};

// g += weight_decay*w; v = alpha*v + (1-alpha)*g*g; d = g / (sqrt(v) + epsilon); with momentum b =
// momentum*b + d, w -= rate*b, else w -= rate*d and b may be null.
struct RmspropStep {
  float rate = 0, alpha = 0.99f, epsilon = 1e-8f, momentum = 0, weight_decay = 0,
        gradient_scale = 1;
};

// g += weight_decay*w; v = rho*v + (1-rho)*g*g; d = g * sqrt(u + epsilon) / sqrt(v + epsilon);
// u = rho*u + (1-rho)*d*d; w -= rate*d
struct AdadeltaStep {
  float rate = 1, rho = 0.9f, epsilon = 1e-6f, weight_decay = 0, gradient_scale = 1;
};

struct UpdateFunctions {
  void (*sgd)(std::int64_t count, const SgdStep&, const float* gradient, float* w,
              float* v) noexcept;
  void (*adam)(std::int64_t count, const AdamStep&, const float* gradient, float* w, float* m,
               float* v) noexcept;
  void (*rmsprop)(std::int64_t count, const RmspropStep&, const float* gradient, float* w, float* v,
                  float* b) noexcept;
  void (*adadelta)(std::int64_t count, const AdadeltaStep&, const float* gradient, float* w,
                   float* v, float* u) noexcept;
  // average += (1 - decay) * (w - average)
  void (*ema)(std::int64_t count, float decay, const float* w, float* average) noexcept;
  // Sum of squares, in double across blocks of 1024.
  double (*squared_norm)(std::int64_t count, const float* x) noexcept;
  // x *= factor
  void (*scale)(std::int64_t count, float factor, float* x) noexcept;
};

}  // namespace burin::kernels
