// What this CPU can do at most: multiply-adds by type and level, bytes per second by cache level.
// Guests share their cores, so the best of several rounds is the ceiling.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

namespace burin::runtime {

struct Peak {
  enum class Kind { multiply_adds, bandwidth };
  Kind kind;
  std::string_view subject;  // type, "f32"; or cache level, "L1"
  std::string_view way;      // instruction-set level, "avx2"; or direction, "read"
  int threads;
  double per_second;             // 1e9 operations, two per multiply-add; or 1e9 bytes
  std::size_t bytes_per_thread;  // 0 for multiply-adds
};

// Each for one thread and for the team that configure() made; a fifth of a second each.
void measure_peaks(const std::function<void(const Peak&)>& say);

// The fastest multiply-adds of a type ("f32", "bf16") on the team, 1e9 operations per second; those of
// f32 where the CPU has none of that type, 0 where it has none at all.
[[nodiscard]] double measure_multiply_adds(std::string_view type);

}  // namespace burin::runtime
