#include <unordered_map>

#include "kernels/onednn/api.h"
#include "perf/conv_yardstick.h"

namespace burin::perf {
namespace {

using dnnl::memory;
using kernels::ConvShape;
using kernels::onednn::cpu_engine;
constexpr auto f32 = memory::data_type::f32;

// Sizes in oneDNN's order, and the same numbers as they lie in files and in our tensors.
struct Geometry {
  memory::dims x, w, y, stride, dilation, begin, end;
  memory::desc x_dense, w_dense, y_dense;

  explicit Geometry(const ConvShape& s)
      : x{s.batch, s.in_channels}, w{s.out_channels, s.in_channels}, y{s.batch, s.out_channels} {
    if (s.groups > 1) w = {s.groups, s.out_channels / s.groups, s.in_channels / s.groups};
    const bool volume = s.in[0] > 1 || s.kernel[0] > 1;
    for (std::size_t a = volume ? 0 : 1; a < 3; ++a) {
      x.push_back(s.in[a]);
      w.push_back(s.kernel[a]);
      y.push_back(s.out(static_cast<int>(a)));
      stride.push_back(s.stride[a]);
      dilation.push_back(s.dilation[a] - 1);
      begin.push_back(s.pad_begin[a]);
      end.push_back(s.pad_end[a]);
    }
    const auto last = volume ? memory::format_tag::ndhwc : memory::format_tag::nhwc;
    x_dense = {x, f32, last};
    y_dense = {y, f32, last};
    w_dense = {w, f32,
               s.groups > 1 ? (volume ? memory::format_tag::goidhw : memory::format_tag::goihw)
                            : (volume ? memory::format_tag::oidhw : memory::format_tag::oihw)};
  }
};

// In the layout that oneDNN likes best.
struct AnyLayout {
  memory::data_type type;
  memory::desc operator()(const memory::dims& dims) const {
    return {dims, type, memory::format_tag::any};
  }
};

class Onednn final : public Yardstick {
 public:
  Onednn(Pass pass, const ConvShape& s, const float* x, const float* dy, const float* w)
      : stream_(cpu_engine()) {
    const Geometry g(s);
    const AnyLayout any{s.source_type == kernels::Element::f32 ? f32 : memory::data_type::bf16};
    const auto direct = dnnl::algorithm::convolution_direct;
    const auto forward = kernels::onednn::describe<dnnl::convolution_forward>(
        dnnl::prop_kind::forward_training, direct, any(g.x), any(g.w), any(g.y), g.stride,
        g.dilation, g.begin, g.end);
    if (pass == Pass::forward) {
      take<dnnl::convolution_forward>(forward);
      give(DNNL_ARG_SRC, g.x_dense, x, forward.src_desc());
      give(DNNL_ARG_WEIGHTS, g.w_dense, w, forward.weights_desc());
      result_in(DNNL_ARG_DST, forward.dst_desc(), g.y_dense);
    } else if (pass == Pass::data) {
      const auto data = kernels::onednn::describe_gradient<dnnl::convolution_backward_data>(
          forward, direct, any(g.x), any(g.w), any(g.y), g.stride, g.dilation, g.begin, g.end);
      take<dnnl::convolution_backward_data>(data);
      give(DNNL_ARG_DIFF_DST, g.y_dense, dy, data.diff_dst_desc());
      give(DNNL_ARG_WEIGHTS, g.w_dense, w, data.weights_desc());
      result_in(DNNL_ARG_DIFF_SRC, data.diff_src_desc(), g.x_dense);
    } else {
      const auto weight = kernels::onednn::describe_gradient<dnnl::convolution_backward_weights>(
          forward, direct, any(g.x), any(g.w), any(g.y), g.stride, g.dilation, g.begin, g.end);
      take<dnnl::convolution_backward_weights>(weight);
      give(DNNL_ARG_SRC, g.x_dense, x, weight.src_desc());
      give(DNNL_ARG_DIFF_DST, g.y_dense, dy, weight.diff_dst_desc());
      result_in(DNNL_ARG_DIFF_WEIGHTS, weight.diff_weights_desc(), g.w_dense);
    }
  }

  void run() override {
    primitive_.execute(stream_, arguments_);
    stream_.wait();
  }

  [[nodiscard]] std::vector<float> result() override {
    std::vector<float> numbers(dense_.get_size() / sizeof(float));
    memory to(dense_, cpu_engine(), numbers.data());
    dnnl::reorder(result_, to).execute(stream_, result_, to);
    stream_.wait();
    return numbers;
  }

 private:
  template <class Primitive>
  void take(const typename Primitive::primitive_desc& description) {
    primitive_ = Primitive(description);
    arguments_.emplace(DNNL_ARG_SCRATCHPAD, memory(description.scratchpad_desc(), cpu_engine()));
  }
  void give(int argument, const memory::desc& dense, const float* numbers,
            const memory::desc& wanted) {
    memory from(dense, cpu_engine(), const_cast<float*>(numbers));  // read only
    memory to(wanted, cpu_engine());
    dnnl::reorder(from, to).execute(stream_, from, to);
    stream_.wait();
    arguments_.emplace(argument, to);
  }
  void result_in(int argument, const memory::desc& layout, const memory::desc& dense) {
    result_ = memory(layout, cpu_engine());
    dense_ = dense;
    arguments_.emplace(argument, result_);
  }

  dnnl::stream stream_;
  dnnl::primitive primitive_;
  std::unordered_map<int, memory> arguments_;
  memory result_;
  memory::desc dense_;
};

}  // namespace

std::unique_ptr<Yardstick> make_yardstick(Pass pass, const ConvShape& shape, const float* x,
                                          const float* dy, const float* w) {
  try {
    return std::make_unique<Onednn>(pass, shape, x, dy, w);
  } catch (const dnnl::error&) {
    return nullptr;
  }
}

}  // namespace burin::perf
