// From a policy and a topology to a list of processors: a pure function, tested without a machine.
#pragma once

#include <string_view>
#include <vector>

#include "engine/runtime/topology.h"

namespace burin::runtime {

// none: the system decides. compact: fill one cache cluster, hyper-threads included, before the
// next. spread: round-robin over clusters. cores: one thread per physical core, clusters in order.
enum class Bind { none, compact, spread, cores };

[[nodiscard]] std::string_view bind_name(Bind bind) noexcept;
// Throws Error for a word that is none of the four.
[[nodiscard]] Bind bind_from(std::string_view word);

// Logical processor of thread 0, 1, ...; empty for Bind::none. With more threads than processors
// the list repeats.
[[nodiscard]] std::vector<int> processors(Bind bind, const Topology& topology, int threads);

}  // namespace burin::runtime
