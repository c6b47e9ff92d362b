// The graph of a network, by its forward on a tape that runs nothing.
#pragma once

#include <span>

#include "engine/graph/graph.h"
#include "engine/nn/network.h"

namespace burin {

// Inputs have the network's names, the output is "output", the graph has the network's name.
// Parameters are shared with the network. Throws Error for shapes that do not fit.
[[nodiscard]] Graph trace_network(Network& network, std::span<const Shape> shapes);

}  // namespace burin
