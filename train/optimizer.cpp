#include "train/optimizer.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>

#include "engine/error.h"
#include "engine/runtime/workers.h"
#include "kernels/elementwise/elementwise.h"
#include "train/names.h"

namespace burin::train {
namespace {

constexpr std::array<std::string_view, 5> names = {"sgd", "adam", "adamw", "rmsprop", "adadelta"};
constexpr std::int64_t block =
    1 << 14;  // numbers of one task: a gradient and two moments stay in L2

void check(bool good, const char* key, const char* expected, double got) {
  if (!good) throw Error(std::string("optimizer.") + key, expected, std::to_string(got));
}

void check_options(const OptimizerOptions& o) {
  const auto share = [](double x) { return x >= 0 && x < 1; };
  check(share(o.beta1), "beta1", "a number in [0, 1)", o.beta1);
  check(share(o.beta2), "beta2", "a number in [0, 1)", o.beta2);
  check(o.epsilon > 0, "epsilon", "a number > 0", o.epsilon);
  check(o.momentum >= 0 && o.momentum < 1, "momentum", "a number in [0, 1)", o.momentum);
  check(share(o.alpha), "alpha", "a number in [0, 1)", o.alpha);
  check(share(o.rho), "rho", "a number in [0, 1)", o.rho);
  check(o.weight_decay >= 0, "weight_decay", "a number >= 0", o.weight_decay);
  check(!o.nesterov || o.momentum > 0, "nesterov", "a momentum > 0", o.momentum);
}

// f(offset, count) over blocks of `elements` numbers.
template <class F>
void in_blocks(std::int64_t elements, const F& f) {
  runtime::parallel_for((elements + block - 1) / block, 1,
                        [&](std::int64_t first, std::int64_t last, int) {
                          const std::int64_t begin = first * block;
                          f(begin, std::min(last * block, elements) - begin);
                        });
}

float* at(const Tensor& tensor, std::int64_t offset) {
  return tensor ? tensor.data<float>() + offset : nullptr;
}

Tensor zeros_like(const Tensor& tensor) {
  Tensor out = tensor.clone();
  out.fill(0.0f);
  return out;
}

}  // namespace

std::string_view optimizer_name(OptimizerKind kind) noexcept {
  return names[static_cast<std::size_t>(kind)];
}

OptimizerKind optimizer_from(std::string_view word) {
  return enum_from<OptimizerKind>("optimizer", word, names);
}

Optimizer::Optimizer(const OptimizerOptions& options, std::span<const NamedParameter> parameters)
    : options_(options) {
  check_options(options);
  const auto kind = options.kind;
  const bool adam = kind == OptimizerKind::adam || kind == OptimizerKind::adamw;
  const bool first = adam || options.momentum > 0 || kind == OptimizerKind::adadelta;
  const bool second = kind != OptimizerKind::sgd;
  for (const auto& p : parameters) {
    if (!p.parameter->trainable) continue;
    parameters_.push_back(p);
    first_.push_back(first ? zeros_like(p.parameter->value) : Tensor());
    second_.push_back(second ? zeros_like(p.parameter->value) : Tensor());
  }
}

void Optimizer::step(std::span<const Tensor> gradients, double rate, double gradient_scale) {
  assert(gradients.size() == parameters_.size());
  ++steps_;
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    if (!gradients[i]) continue;
    const Tensor& value = parameters_[i].parameter->value;
    assert(gradients[i].shape() == value.shape());
    // Kernels give weight gradients in the layout of the weight; anything else is brought into it.
    Tensor gradient = gradients[i];
    if (!gradient.layout().is_dense() ||
        gradient.layout().is_row_major() != value.layout().is_row_major()) {
      gradient = value.clone();
      gradient.copy_from(gradients[i]);
    }
    update(i, gradient.data<float>(), rate, gradient_scale);
    value.storage()->bump_version();
  }
}

void Optimizer::update(std::size_t index, const float* gradient, double rate,
                       double gradient_scale) {
  const auto& o = options_;
  const auto& kernels = kernels::elementwise().update;
  const Tensor& value = parameters_[index].parameter->value;
  const bool decays = o.decay_vectors || value.shape().rank() > 1;
  const auto f = [](double x) { return static_cast<float>(x); };
  const float decay = decays ? f(o.weight_decay) : 0.0f, r = f(rate), gs = f(gradient_scale);
  const auto t = static_cast<double>(steps_);
  in_blocks(value.elements(), [&](std::int64_t offset, std::int64_t count) {
    const float* g = gradient + offset;
    float* w = at(value, offset);
    float* m = at(first_[index], offset);
    float* v = at(second_[index], offset);
    switch (o.kind) {
      case OptimizerKind::sgd:
        kernels.sgd(count,
                    {.rate = r,
                     .momentum = f(o.momentum),
                     .weight_decay = decay,
                     .gradient_scale = gs,
                     .nesterov = o.nesterov},
                    g, w, m);
        break;
      case OptimizerKind::adam:
      case OptimizerKind::adamw:
        kernels.adam(count,
                     {.rate = r,
                      .beta1 = f(o.beta1),
                      .beta2 = f(o.beta2),
                      .epsilon = f(o.epsilon),
                      .weight_decay = decay,
                      .gradient_scale = gs,
                      .correction1 = f(1 - std::pow(o.beta1, t)),
                      .correction2 = f(1 - std::pow(o.beta2, t)),
                      .decoupled = o.kind == OptimizerKind::adamw},
                     g, w, m, v);
        break;
      case OptimizerKind::rmsprop:
        kernels.rmsprop(count,
                        {.rate = r,
                         .alpha = f(o.alpha),
                         .epsilon = f(o.epsilon),
                         .momentum = f(o.momentum),
                         .weight_decay = decay,
                         .gradient_scale = gs},
                        g, w, v, m);
        break;
      case OptimizerKind::adadelta:
        kernels.adadelta(count,
                         {.rate = r,
                          .rho = f(o.rho),
                          .epsilon = f(o.epsilon),
                          .weight_decay = decay,
                          .gradient_scale = gs},
                         g, w, v, m);
        break;
    }
  });
}

std::vector<StateTensor> Optimizer::state() const {
  std::vector<StateTensor> out;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    if (first_[i]) out.push_back({parameters_[i].name + ".first", first_[i]});
    if (second_[i]) out.push_back({parameters_[i].name + ".second", second_[i]});
  }
  return out;
}

double global_norm(std::span<const Tensor> gradients) {
  const auto& kernels = kernels::elementwise().update;
  double sum = 0;
  for (const Tensor& g : gradients) {
    if (!g) continue;
    assert(g.layout().is_dense());
    const std::int64_t n = g.elements();
    std::vector<double> partial(static_cast<std::size_t>((n + block - 1) / block));
    in_blocks(n, [&](std::int64_t offset, std::int64_t count) {
      partial[static_cast<std::size_t>(offset / block)] =
          kernels.squared_norm(count, g.data<float>() + offset);
    });
    for (const double p : partial) sum += p;
  }
  return std::sqrt(sum);
}

double clip_factor(double norm, double limit) noexcept {
  return limit > 0 ? std::min(1.0, limit / (norm + 1e-6)) : 1.0;
}

void accumulate(std::span<Tensor> sum, std::span<const Tensor> gradients) {
  assert(sum.size() == gradients.size());
  for (std::size_t i = 0; i < sum.size(); ++i) {
    if (!gradients[i]) continue;
    if (!sum[i]) {
      sum[i] = gradients[i].clone();
      continue;
    }
    const Tensor gradient = gradients[i].layout().is_dense() ? gradients[i] : gradients[i].clone();
    float* s = sum[i].data<float>();
    const float* g = gradient.data<float>();
    in_blocks(sum[i].elements(), [&](std::int64_t offset, std::int64_t count) {
      for (std::int64_t k = offset; k < offset + count; ++k) s[k] += g[k];
    });
  }
}

}  // namespace burin::train
