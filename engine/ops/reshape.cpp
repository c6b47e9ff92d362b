// The same numbers in logical order under another shape; one size may be -1 (what is left);  dx =
// dy under x's shape
#include "engine/error.h"
#include "engine/ops/all_ops.h"
#include "engine/ops/ops.h"

namespace burin {
namespace {

Shape infer(std::span<const Shape> inputs, const Attributes& attributes) {
  std::vector<std::int64_t> sizes = std::get<ShapeAttributes>(attributes).shape;
  std::int64_t known = 1, open = -1;
  std::string text;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    if (i > 0) text += 'x';
    text += std::to_string(sizes[i]);
    if (sizes[i] != -1)
      known *= sizes[i];
    else if (open < 0)
      open = static_cast<std::int64_t>(i);
    else
      throw Error("reshape", "one open size at most", text);
  }
  const std::int64_t elements = inputs[0].elements();
  if (open >= 0 && known > 0 && elements % known == 0)
    sizes[static_cast<std::size_t>(open)] = elements / known;
  else if (open >= 0 || known != elements)
    throw Error("reshape", std::to_string(elements) + " elements as in " + inputs[0].text(), text);
  return Shape(sizes);
}

Tensor forward(ForwardContext& context) {
  const Shape shape = context.inputs[0].shape();
  return context.inputs[0].reshape(infer({&shape, 1}, context.attributes));
}

std::optional<Layout> view(const Layout& x, const Attributes& attributes) {
  return x.reshape(infer({&x.shape(), 1}, attributes));
}

void backward(BackwardContext& context) {
  context.gradients[0] = context.dy.reshape(context.input_shapes[0]);
}

}  // namespace

const OpDef reshape_op{.name = "reshape",
                       .infer = infer,
                       .forward = forward,
                       .backward = backward,
                       .needs = Needs::nothing,
                       .view = view,
                       .keeps_bf16 = true};

Value reshape(const Value& x, std::span<const std::int64_t> shape) {
  return x.tape().record(reshape_op, {x}, ShapeAttributes{.shape = {shape.begin(), shape.end()}});
}

}  // namespace burin
