#include "io/onnx/rules.h"

#include <algorithm>
#include <cassert>

namespace burin {

std::span<const OnnxRule> onnx_rules() {
  static const std::vector<OnnxRule> all = [] {
    std::vector<OnnxRule> rules;
    for (const auto family :
         {onnx_rules_conv, onnx_rules_pool, onnx_rules_norm, onnx_rules_activation,
          onnx_rules_arithmetic, onnx_rules_shape, onnx_rules_move, onnx_rules_resize,
          onnx_rules_function, onnx_rules_reduce, onnx_rules_index, onnx_rules_fill,
          onnx_rules_quantize, onnx_rules_statistics, onnx_rules_einsum})
      for (const OnnxRule& rule : family()) rules.push_back(rule);
    std::ranges::sort(rules, {}, &OnnxRule::op);
    assert(std::ranges::adjacent_find(rules, {}, &OnnxRule::op) == rules.end());
    return rules;
  }();
  return all;
}

const OnnxRule* find_onnx_rule(std::string_view op) {
  const auto rules = onnx_rules();
  const auto found = std::ranges::lower_bound(rules, op, {}, &OnnxRule::op);
  return found != rules.end() && found->op == op ? &*found : nullptr;
}

}  // namespace burin
