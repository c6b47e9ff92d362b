// BatchNormalization as inference does it, InstanceNormalization.
#include "engine/ops/all_ops.h"
#include "io/onnx/rules.h"

namespace burin {
namespace {

void import_batch_norm(ImportContext& c) {
  c.ignore({"momentum", "is_test", "consumed_inputs"});
  if (c.integer("training_mode", 0) != 0) c.refuse("training_mode");
  if (c.integer("spatial", 1) == 0) c.refuse("spatial 0");
  const NormAttributes a{.epsilon = c.number("epsilon", 1e-5f)};
  c.set(0, c.add(batch_norm_op, {c.f32(0), c.f32(1), c.f32(2), c.f32(3), c.f32(4)}, a));
}

void import_instance_norm(ImportContext& c) {
  c.ignore({"consumed_inputs"});
  const NormAttributes a{.epsilon = c.number("epsilon", 1e-5f)};
  c.set(0, c.add(instance_norm_op, {c.f32(0), c.f32(1), c.f32(2)}, a));
}

constexpr OnnxRule rules[] = {
    {"BatchNormalization", import_batch_norm},
    {"InstanceNormalization", import_instance_norm},
};

}  // namespace

std::span<const OnnxRule> onnx_rules_norm() { return rules; }

}  // namespace burin
