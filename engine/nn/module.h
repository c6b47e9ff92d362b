// Modules are structs whose members stand in the order of the figure. `visit` names the members
// once; walking it gives checkpoint names, optimizer lists and summaries.
//
//   struct DoubleConv {
//     Conv conv1, conv2;
//     template <class V> void visit(V&& v) { v("conv1", conv1); v("conv2", conv2); }
//   };
#pragma once

#include <string>
#include <vector>

#include "engine/autograd/tape.h"

namespace burin {

struct Parameter {
  Tensor value;
  bool trainable = true;  // false: statistics (batch norm's running mean and variance)
  std::string name = {};  // "inc.conv1.weight", set by parameters(); names its leaf on a tape
  bool counted = true;    // false: constants and work vectors, in files but in no table of a paper
};

// The leaf of a parameter on a tape; an empty Value when the parameter is undefined (a layer
// without bias).
[[nodiscard]] inline Value leaf(Tape& tape, const Parameter& parameter) {
  if (!parameter.value) return {};
  return tape.parameter(parameter.value, parameter.trainable, parameter.name);
}

struct NamedParameter {
  std::string name;  // "inc.conv1.weight"
  Parameter* parameter;
};

// Joins path and name with '.' and descends until it meets Parameters.
class ParameterWalk {
 public:
  explicit ParameterWalk(std::vector<NamedParameter>& out) : out_(out) {}

  void operator()(std::string_view name, Parameter& parameter) {
    if (!parameter.value) return;
    parameter.name = path_ + std::string(name);
    out_.push_back({parameter.name, &parameter});
  }
  template <class M>
  requires requires(M& m, ParameterWalk& w) { m.visit(w); }
  void operator()(std::string_view name, M& module) {
    const std::string outer = path_;
    path_ += std::string(name) + ".";
    module.visit(*this);
    path_ = outer;
  }
  template <class M>
  void operator()(std::string_view name, std::vector<M>& modules) {
    for (std::size_t i = 0; i < modules.size(); ++i)
      (*this)(std::string(name) + "." + std::to_string(i), modules[i]);
  }

 private:
  std::vector<NamedParameter>& out_;
  std::string path_;
};

// Every parameter and statistic of a module in visiting order; also writes their names into them.
template <class M>
[[nodiscard]] std::vector<NamedParameter> parameters(M& module) {
  std::vector<NamedParameter> out;
  ParameterWalk walk(out);
  module.visit(walk);
  return out;
}

}  // namespace burin
