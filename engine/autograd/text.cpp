#include <sstream>

#include "engine/autograd/tape.h"

namespace burin {
namespace {

template <class List>
std::string joined(const List& list) {
  std::string out;
  for (const auto v : list) {
    if (!out.empty()) out += 'x';
    out += std::to_string(v);
  }
  return out;
}

// Only what differs from the default is worth a word.
template <class List>
void put(std::ostream& out, const char* name, const List& list, const List& normal) {
  if (list != normal) out << ' ' << name << '=' << joined(list);
}

void put_activation(std::ostream& out, Activation activation, float slope) {
  if (activation != Activation::none) out << " activation=" << name_of(activation);
  if (activation == Activation::leaky_relu) out << " slope=" << slope;
}

void put(std::ostream& out, const ConvAttributes& a) {
  const ConvAttributes normal;
  out << " kernel=" << joined(a.kernel);
  put(out, "stride", a.stride, normal.stride);
  put(out, "dilation", a.dilation, normal.dilation);
  put(out, "pad_begin", a.pad_begin, normal.pad_begin);
  put(out, "pad_end", a.pad_end, normal.pad_end);
  put(out, "output_padding", a.output_padding, normal.output_padding);
  if (a.groups != 1) out << " groups=" << a.groups;
  put_activation(out, a.activation, a.slope);
  if (a.result != DType::f32) out << " result=" << dtype_name(a.result);
}

void put(std::ostream& out, const PoolAttributes& a) {
  const PoolAttributes normal;
  out << " kernel=" << joined(a.kernel) << " stride=" << joined(a.stride);
  put(out, "pad_begin", a.pad_begin, normal.pad_begin);
  put(out, "pad_end", a.pad_end, normal.pad_end);
  if (a.count_padding) out << " count_padding";
}

void put(std::ostream& out, const NormAttributes& a) {
  out << " epsilon=" << a.epsilon << " momentum=" << a.momentum;
  if (a.groups != 1) out << " groups=" << a.groups;
  put_activation(out, a.activation, a.slope);
}

void put(std::ostream& out, const ResizeAttributes& a) {
  out << (a.mode == ResizeMode::nearest ? " nearest" : " bilinear")
      << (a.coordinates == ResizeCoordinates::half_pixel ? " half_pixel" : " align_corners")
      << " size=" << joined(a.size);
}

void put(std::ostream& out, const ActivationAttributes& a) {
  put_activation(out, a.activation, a.slope);
}
void put(std::ostream& out, const LinearAttributes& a) {
  put_activation(out, a.activation, a.slope);
  if (a.result != DType::f32) out << " result=" << dtype_name(a.result);
}
void put(std::ostream& out, const ScaleAttributes& a) {
  out << " scale=" << a.scale << " shift=" << a.shift;
}
void put(std::ostream& out, const AxisAttributes& a) { out << " axis=" << a.axis; }
void put(std::ostream& out, const AxesAttributes& a) {
  out << " axes=" << joined(a.axes) << (a.keep ? " keep" : "");
}
void put(std::ostream& out, const SliceAttributes& a) {
  out << " axis=" << a.axis << " first=" << a.first << " count=" << a.count;
}
void put(std::ostream& out, const PadAttributes& a) {
  constexpr std::string_view modes[] = {"", " edge", " reflect", " wrap"};
  out << " begin=" << joined(a.begin) << " end=" << joined(a.end) << " value=" << a.value
      << modes[static_cast<int>(a.mode)];
}
void put(std::ostream& out, const ShapeAttributes& a) { out << " shape=" << joined(a.shape); }
void put(std::ostream& out, const LossAttributes& a) {
  out << " smooth=" << a.smooth << (a.from_logits ? " from_logits" : "")
      << " ignore=" << a.ignore_index;
}
void put(std::ostream& out, const TransposeAttributes& a) { out << " order=" << joined(a.order); }
void put(std::ostream& out, const DropoutAttributes& a) { out << " rate=" << a.rate; }
void put(std::ostream& out, const UnaryAttributes& a) {
  out << ' ' << name_of(a.function) << " a=" << a.a << " b=" << a.b;
}
void put(std::ostream& out, const PredicateAttributes& a) {
  constexpr std::string_view words[] = {"not", "nan", "infinite", "+infinite", "-infinite"};
  out << ' ' << words[static_cast<int>(a.function)];
}
void put(std::ostream& out, const BinaryAttributes& a) { out << ' ' << name_of(a.function); }
void put(std::ostream& out, const ComparisonAttributes& a) {
  constexpr std::string_view words[] = {"==", "<", "<=", ">", ">=", "and", "or", "xor"};
  out << ' ' << words[static_cast<int>(a.function)];
}
void put(std::ostream& out, const ReduceAttributes& a) {
  constexpr std::string_view words[] = {"sum", "mean", "max", "min", "product"};
  out << ' ' << words[static_cast<int>(a.function)] << " axes=" << joined(a.axes)
      << (a.keep ? " keep" : "");
}
void put(std::ostream& out, const ArgAttributes& a) {
  out << (a.smallest ? " min" : " max") << " axis=" << a.axis << (a.keep ? " keep" : "")
      << (a.last ? " last" : "");
}
void put(std::ostream& out, const CumulativeAttributes& a) {
  out << " axis=" << a.axis << (a.exclusive ? " exclusive" : "") << (a.reverse ? " reverse" : "");
}
void put(std::ostream& out, const CastAttributes& a) { out << " to=" << dtype_name(a.type); }
void put(std::ostream& out, const StepsAttributes& a) {
  out << " first=" << joined(a.first) << " step=" << joined(a.step) << " count=" << joined(a.count);
}
void put(std::ostream& out, const BatchAttributes& a) { out << " batch_axes=" << a.axes; }
void put(std::ostream& out, const ScatterAttributes& a) {
  constexpr std::string_view words[] = {"", " add", " multiply", " max", " min"};
  out << " axis=" << a.axis << words[static_cast<int>(a.mode)];
}
void put(std::ostream& out, const DilatedPoolAttributes& a) {
  put(out, a.pool);
  out << " dilation=" << joined(a.dilation) << (a.result == PoolResult::values ? "" : " places");
}
void put(std::ostream& out, const GridAttributes& a) {
  constexpr std::string_view modes[] = {"linear", "nearest", "cubic"};
  constexpr std::string_view borders[] = {"zeros", "edge", "reflect"};
  out << ' ' << modes[static_cast<int>(a.mode)] << ' ' << borders[static_cast<int>(a.border)]
      << (a.align_corners ? " align_corners" : "");
}
void put(std::ostream& out, const TopAttributes& a) {
  out << " axis=" << a.axis << " count=" << a.count << (a.smallest ? " smallest" : "");
}
void put(std::ostream& out, const QuantizeAttributes& a) {
  out << " axis=" << a.axis << " type=" << dtype_name(a.type);
}
void put(std::ostream& out, const ResampleAttributes& a) {
  constexpr std::string_view modes[] = {"nearest", "linear", "cubic"};
  constexpr std::string_view points[] = {
      "half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners",
      "asymmetric", "tf_half_pixel_for_nn", "tf_crop_and_resize"};
  constexpr std::string_view roundings[] = {"prefer_floor", "prefer_ceil", "floor", "ceil"};
  out << ' ' << modes[static_cast<int>(a.mode)] << ' ' << points[static_cast<int>(a.points)];
  if (a.mode == ResampleMode::nearest) out << ' ' << roundings[static_cast<int>(a.rounding)];
  out << " size=" << joined(a.size) << (a.exclude_outside ? " exclude_outside" : "")
      << (a.antialias ? " antialias" : "");
}
void put(std::ostream& out, const OneHotAttributes& a) {
  out << " axis=" << a.axis << " depth=" << a.depth;
}
void put(std::ostream&, const std::monostate&) {}

}  // namespace

std::string to_text(const Node& node, std::size_t id) {
  std::ostringstream out;
  out << '%' << id << " = ";
  if (node.op == nullptr) {
    const char* kind = node.value ? "parameter" : "input";
    out << kind << (node.name.empty() ? "" : " ") << node.name;
  } else {
    out << node.op->name << '(';
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      out << (i ? ", " : "");
      if (node.inputs[i] < 0)
        out << '-';
      else
        out << '%' << node.inputs[i];
    }
    out << ')';
    std::visit([&out](const auto& attributes) { put(out, attributes); }, node.attributes);
  }
  out << "  [" << node.shape.text() << ']';
  if (node.type != DType::f32) out << ' ' << dtype_name(node.type);
  return out.str();
}

std::string to_text(const Tape& tape) {
  std::string out;
  for (std::size_t id = 0; id < tape.nodes().size(); ++id)
    out += to_text(tape.nodes()[id], id) + "\n";
  return out;
}

}  // namespace burin
