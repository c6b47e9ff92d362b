// Optimizers over named parameters; formulas as in PyTorch's torch.optim (see
// kernels/elementwise/update.h).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/nn/module.h"

namespace burin::train {

enum class OptimizerKind { sgd, adam, adamw, rmsprop, adadelta };

[[nodiscard]] std::string_view optimizer_name(OptimizerKind kind) noexcept;
// Throws Error for a word that is none of the five.
[[nodiscard]] OptimizerKind optimizer_from(std::string_view word);

struct OptimizerOptions {
  OptimizerKind kind = OptimizerKind::adam;
  double beta1 = 0.9, beta2 = 0.999;  // adam, adamw
  double epsilon = 1e-8;              // adam, adamw, rmsprop, adadelta
  double momentum = 0.0;              // sgd, rmsprop
  bool nesterov = false;              // sgd
  double alpha = 0.99;                // rmsprop
  double rho = 0.9;                   // adadelta
  double weight_decay = 0.0;          // adamw: decoupled
  bool decay_vectors = false;         // decay biases and norm scales (rank 1) too
};

// A tensor that belongs to a checkpoint.
struct StateTensor {
  std::string name;  // "<parameter>.first" or "<parameter>.second"
  Tensor tensor;
};

class Optimizer {
 public:
  // Of the parameters given, those that are trainable. The moments start at zero, in the
  // parameters' layout. Throws Error on options out of range.
  Optimizer(const OptimizerOptions& options, std::span<const NamedParameter> parameters);

  // One step. gradients[i] belongs to parameters()[i], in its shape and layout; an undefined one
  // leaves its parameter alone. Every gradient is multiplied by gradient_scale first.
  void step(std::span<const Tensor> gradients, double rate, double gradient_scale = 1.0);

  [[nodiscard]] const std::vector<NamedParameter>& parameters() const noexcept {
    return parameters_;
  }
  [[nodiscard]] std::vector<StateTensor> state() const;
  [[nodiscard]] std::int64_t steps() const noexcept { return steps_; }
  void set_steps(std::int64_t steps) noexcept { steps_ = steps; }

 private:
  void update(std::size_t index, const float* gradient, double rate, double gradient_scale);

  OptimizerOptions options_;
  std::vector<NamedParameter> parameters_;
  std::vector<Tensor> first_, second_;  // moments by parameter; undefined where the kind keeps none
  std::int64_t steps_ = 0;
};

// sqrt of the sum of squares over all defined gradients; summed in double over fixed blocks in
// order.
[[nodiscard]] double global_norm(std::span<const Tensor> gradients);

// The factor that brings a gradient of this norm down to `limit`: min(1, limit / (norm + 1e-6)); 1
// for limit 0.
[[nodiscard]] double clip_factor(double norm, double limit) noexcept;

// sum[i] += gradients[i]; takes over a copy where sum[i] is undefined.
void accumulate(std::span<Tensor> sum, std::span<const Tensor> gradients);

}  // namespace burin::train
