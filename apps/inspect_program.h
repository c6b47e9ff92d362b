// What `burin inspect` says about a compiled program.
#pragma once

#include "engine/graph/program.h"

namespace burin::apps {

// Each node of the optimized graph: kernel, multiply-accumulates, and of every other entry of its
// table what it would cost or why it cannot serve.
void print_nodes(const Program& program, bool json);

// What each pass changed in numbers of nodes, then the text of the graph that is left.
void print_passes(const Graph& graph, Precision precision, bool json);

// The map of the memory plan, packed weights, and the plan against what must live at once.
void print_memory(const Program& program, bool json);

}  // namespace burin::apps
