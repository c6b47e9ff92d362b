#include "engine/autograd/op.h"

#include <cassert>

namespace burin {

Tensor ForwardContext::output(const Shape& shape, DType type) const {
  if (!target) return Tensor::empty(shape, type);
  assert(target.shape() == shape && target.dtype() == type);
  return target;
}

Tensor evaluate(const OpDef& op, std::span<const Tensor> inputs, const Attributes& attributes,
                const Tensor& target) {
  std::vector<Tensor> saved;
  ForwardContext context{
      .inputs = inputs, .attributes = attributes, .saved = saved, .target = target};
  return op.forward(context);
}

DType infer_type(const OpDef& op, std::span<const DType> inputs, const Attributes& attributes) {
  if (op.infer_type != nullptr) return op.infer_type(inputs, attributes);
  return inputs.empty() ? DType::f32 : inputs[0];
}

}  // namespace burin
