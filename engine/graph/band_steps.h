// The calls of a region: images one by one, bands from the first row to the last; in each band the
// windows move on and every node makes its rows.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "engine/graph/bands.h"
#include "engine/ops/step.h"

namespace burin {

// The memory in which the windows of a region lie, of one image each; windows[i] belongs to
// region.windows[i].
struct BandMemory {
  std::span<const Tensor> windows;
  std::span<const Tensor> values;  // of all nodes; undefined for those in windows
};

struct BandCall {
  int node = -1;
  std::function<void()> run;
};

// Makes the step of a node with these operands and this target.
using MakeStep = std::function<Step(const Node& part, std::vector<Tensor> operands,
                                    const Tensor& target, const std::string& kernel)>;
// `see` is called once with each part, when it is made.
[[nodiscard]] std::vector<BandCall> band_calls(
    const Region& region, const Graph& graph, const std::vector<Place>& places,
    const BandMemory& memory, const MakeStep& make_step,
    const std::function<void(int node, const Step& step)>& see);

}  // namespace burin
