#include "kernels/onednn/plan.h"

#include <omp.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string_view>

namespace burin::kernels::onednn {
namespace {

using dnnl::algorithm;
using dnnl::memory;
using dnnl::prop_kind;
constexpr auto f32 = memory::data_type::f32;

// The shape in oneDNN's words. `first` is the outermost spatial axis that is there: 1 for pictures,
// 0 for volumes.
struct Geometry {
  const ConvShape& s;
  std::size_t first;

  explicit Geometry(const ConvShape& shape) : s(shape), first(0) {
    if (s.in[0] == 1 && s.sees_one(0)) first = 1;
  }

  [[nodiscard]] memory::dims spatial(const std::array<int, 3>& sizes, int less = 0) const {
    memory::dims dims;
    for (std::size_t a = first; a < 3; ++a) dims.push_back(sizes[a] - less);
    return dims;
  }

  // Dense, channels last.
  [[nodiscard]] memory::desc image(int channels, const std::array<int, 3>& sizes) const {
    memory::dims dims{s.batch, channels};
    for (const auto size : spatial(sizes)) dims.push_back(size);
    const auto tag = first == 1 ? memory::format_tag::nhwc : memory::format_tag::ndhwc;
    return {dims, f32, tag};
  }
  [[nodiscard]] memory::desc x() const { return image(s.in_channels, s.in); }
  [[nodiscard]] memory::desc y() const {
    return image(s.out_channels, {s.out(0), s.out(1), s.out(2)});
  }

  // Channels in front of the taps: [g][target][source], strides of the file's [oc][c/groups][taps].
  [[nodiscard]] memory::desc weights(bool transposed, bool any_layout) const {
    const std::int64_t oc = s.out_channels / s.groups, ic = s.in_channels / s.groups;
    memory::dims dims{oc, ic}, strides{ic * s.taps(), s.taps()};
    if (transposed) dims = {ic, oc}, strides = {s.taps(), ic * s.taps()};
    if (s.groups > 1) {
      dims.insert(dims.begin(), s.groups);
      strides.insert(strides.begin(), oc * ic * s.taps());
    }
    std::int64_t stride = s.taps();
    for (std::size_t a = first; a < 3; ++a) {
      stride /= s.kernel[a];
      dims.push_back(s.kernel[a]);
      strides.push_back(stride);
    }
    return any_layout ? memory::desc(dims, f32, memory::format_tag::any)
                      : memory::desc(dims, f32, strides);
  }
  [[nodiscard]] memory::desc bias(int channels) const {
    return {{channels}, f32, memory::format_tag::a};
  }
};

template <class Description>
bool is_reference(const Description& description) {
  return std::string_view(description.impl_info_str()).find("ref") != std::string_view::npos;
}

constexpr const char* only_reference = "oneDNN has only its reference loops for this shape";

void make_forward(const Geometry& g, Plan& plan) {
  const auto description = describe<dnnl::convolution_forward>(
      prop_kind::forward_inference, algorithm::convolution_direct, g.x(), g.weights(false, true),
      g.bias(g.s.out_channels), g.y(), g.spatial(g.s.stride), g.spatial(g.s.dilation, 1),
      g.spatial(g.s.pad_begin), g.spatial(g.s.pad_end));
  if (is_reference(description)) plan.refusal = only_reference;
  plan.primitive = dnnl::convolution_forward(description);
  plan.source = description.src_desc();
  plan.target = description.dst_desc();
  plan.weights = description.weights_desc();
  plan.file_weights = g.weights(false, false);
  plan.scratch = description.scratchpad_desc();
  plan.bias = g.bias(g.s.out_channels);
  plan.no_bias.assign(static_cast<std::size_t>(g.s.out_channels), 0.0f);
}

// a with its own strides; c dense.
void make_product(const MatmulShape& s, Plan& plan) {
  const memory::desc b({s.k, s.n}, f32, memory::dims{s.b_depth, s.b_column});
  const memory::desc bias({1, s.n}, f32, memory::format_tag::ab);
  const auto description =
      describe<dnnl::matmul>(memory::desc({s.m, s.k}, f32, memory::dims{s.a_row, s.a_depth}),
                             memory::desc({s.k, s.n}, f32, memory::format_tag::any), bias,
                             memory::desc({s.m, s.n}, f32, memory::format_tag::ab));
  if (is_reference(description)) plan.refusal = only_reference;
  plan.primitive = dnnl::matmul(description);
  plan.source = description.src_desc();
  plan.target = description.dst_desc();
  plan.weights = description.weights_desc();
  plan.file_weights = b;
  plan.scratch = description.scratchpad_desc();
  plan.bias = bias;
  plan.no_bias.assign(static_cast<std::size_t>(s.n), 0.0f);
}

// A deconvolution from dy to dx, because oneDNN's data gradient takes no bias.
void make_data(const Geometry& g, Plan& plan) {
  const auto description = describe<dnnl::deconvolution_forward>(
      prop_kind::forward_inference, algorithm::deconvolution_direct, g.y(), g.weights(true, true),
      g.bias(g.s.in_channels), g.x(), g.spatial(g.s.stride), g.spatial(g.s.dilation, 1),
      g.spatial(g.s.pad_begin), g.spatial(g.s.pad_end));
  if (is_reference(description)) plan.refusal = only_reference;
  plan.primitive = dnnl::deconvolution_forward(description);
  plan.source = description.src_desc();
  plan.target = description.dst_desc();
  plan.weights = description.weights_desc();
  plan.file_weights = g.weights(true, false);
  plan.scratch = description.scratchpad_desc();
  plan.bias = g.bias(g.s.in_channels);
  plan.no_bias.assign(static_cast<std::size_t>(g.s.in_channels), 0.0f);
}

void make_weight(const Geometry& g, Plan& plan) {
  const auto forward = describe<dnnl::convolution_forward>(
      prop_kind::forward_training, algorithm::convolution_direct, g.x(), g.weights(false, true),
      g.y(), g.spatial(g.s.stride), g.spatial(g.s.dilation, 1), g.spatial(g.s.pad_begin),
      g.spatial(g.s.pad_end));
  const auto description = describe_gradient<dnnl::convolution_backward_weights>(
      forward, algorithm::convolution_direct, g.x(), g.weights(false, true), g.y(),
      g.spatial(g.s.stride), g.spatial(g.s.dilation, 1), g.spatial(g.s.pad_begin),
      g.spatial(g.s.pad_end));
  if (is_reference(description)) plan.refusal = only_reference;
  plan.primitive = dnnl::convolution_backward_weights(description);
  plan.source = description.src_desc();
  plan.target = description.diff_dst_desc();
  plan.weights = description.diff_weights_desc();
  plan.file_weights = g.weights(false, false);
  plan.scratch = description.scratchpad_desc();
}

const char* reason(dnnl_status_t status) {
  switch (status) {
    case dnnl_unimplemented:
      return "oneDNN does not implement this shape";
    case dnnl_invalid_arguments:
      return "oneDNN does not accept this shape";
    case dnnl_out_of_memory:
      return "oneDNN ran out of memory";
    default:
      return "oneDNN failed to prepare this shape";
  }
}

template <class Make>
std::shared_ptr<const Plan> attempt(const Make& make) {
  auto plan = std::make_shared<Plan>();
  try {
    make(*plan);
  } catch (const dnnl::error& error) {
    plan->refusal = reason(error.status);
  }
  return plan;
}

// The number of threads, for which oneDNN sizes scratch and cuts work, the kind of a shape and its
// sizes.
using Key = std::array<std::int64_t, 24>;

Key key_of(Pass pass, const ConvShape& s) {
  Key key{omp_get_max_threads(), static_cast<int>(pass), s.batch,
          s.in_channels,         s.out_channels,         s.groups};
  std::size_t at = 6;
  for (const auto* axes : {&s.in, &s.kernel, &s.stride, &s.dilation, &s.pad_begin, &s.pad_end})
    for (const int value : *axes) key[at++] = value;
  return key;
}

Key key_of(const MatmulShape& s) {
  return {omp_get_max_threads(), -1, s.m, s.n, s.k, s.a_row, s.a_depth, s.b_depth, s.b_column};
}

struct Kept {
  std::mutex mutex;
  std::map<Key, std::shared_ptr<const Plan>> plans;
};

Kept& kept() {
  static Kept all;
  return all;
}

template <class Make>
std::shared_ptr<const Plan> kept_or_made(const Key& key, const Make& make) {
  constexpr std::size_t most = 512;  // a plan holds generated code, up to 100 KiB
  auto& [mutex, plans] = kept();
  const std::lock_guard lock(mutex);
  const auto found = plans.find(key);
  if (found != plans.end()) return found->second;
  if (plans.size() >= most) plans.clear();
  return plans.emplace(key, attempt(make)).first->second;
}

template <class PlanFor>
const char* refusal(const PlanFor& plan_for_shape) noexcept {
  try {
    return plan_for_shape()->refusal;
  } catch (...) {
    return reason(dnnl_out_of_memory);  // of std::map or a lock; attempt() keeps dnnl's own
  }
}

}  // namespace

std::shared_ptr<const Plan> plan_for(Pass pass, const ConvShape& shape) {
  return kept_or_made(key_of(pass, shape), [&](Plan& plan) {
    const Geometry geometry(shape);
    switch (pass) {
      case Pass::forward:
        make_forward(geometry, plan);
        break;
      case Pass::data:
        make_data(geometry, plan);
        break;
      case Pass::weight:
        make_weight(geometry, plan);
        break;
    }
  });
}

std::shared_ptr<const Plan> plan_for(const MatmulShape& shape) {
  return kept_or_made(key_of(shape), [&](Plan& plan) { make_product(shape, plan); });
}

const char* refusal_of(Pass pass, const ConvShape& shape) noexcept {
  return refusal([&] { return plan_for(pass, shape); });
}

const char* refusal_of(const MatmulShape& shape) noexcept {
  return refusal([&] { return plan_for(shape); });
}

}  // namespace burin::kernels::onednn
