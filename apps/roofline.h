// The roofline of a program (Williams, Waterman, Patterson 2009): each node a point, operations per
// byte against operations per second, under what this CPU can multiply and move at most.
#pragma once

#include <string>

#include "apps/profile.h"

namespace burin::apps {

struct Roof {
  std::string name;       // "f32", "DRAM"
  double per_second = 0;  // 1e9 operations or bytes
};

struct Roofline {
  std::string title;
  std::vector<Roof> multiply, move;  // horizontal and slanted lines
};

// Of the team, measured now: some seconds.
[[nodiscard]] Roofline measure_roofline(std::string title);

// An SVG page with both axes logarithmic. Nodes without multiply-accumulates stand in no place.
[[nodiscard]] std::string roofline_svg(const Roofline& roofs, const Profile& profile);

}  // namespace burin::apps
