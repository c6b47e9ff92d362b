// A made-up vascular tree of the retina. Lengths are shares of the diameter of the field of view;
// the origin is its centre, x to the right, y down.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/runtime/random.h"

namespace burin::models {

struct RetinaPoint {
  double x = 0, y = 0;
};

// Where things lie. `temporal` is +1 when the macula lies to the right of the disc, else -1.
struct RetinaPlan {
  double temporal = 1;
  RetinaPoint disc, macula;
  double disc_radius = 0.055;
};

// A piece of a vessel: a cone between two points.
struct VesselPiece {
  RetinaPoint from, to;
  double width_from = 0, width_to = 0;
  bool artery = false;
};

[[nodiscard]] RetinaPlan draw_retina(runtime::RandomSequence& random);

// Arteries and veins by a branching random walk from the disc: one trunk of either kind in each of
// the four arcades, the temporal ones bent around the macula, thin vessels in between. Widths fall
// nearly by Murray's law at each branch (a^3 = w^3 - 0.65*b^3), from 0.0115 to 0.0015; vessels of
// one kind do not cross, and none enters the fovea.
[[nodiscard]] std::vector<VesselPiece> grow_vessels(const RetinaPlan& plan,
                                                    runtime::RandomSequence& random);

}  // namespace burin::models
