// What comes out of a network, against the data and the options.
#pragma once

#include "engine/nn/network.h"
#include "io/dataset.h"

namespace burin::apps {

// Throws Error for a network that does not map a picture to one of its size.
[[nodiscard]] std::int64_t output_channels(Network& network);

// Throws Error naming dataset.json unless the data set has this many classes, background included
// (train::truth_classes).
void check_classes(const Dataset& dataset, int classes, const Network& network);

}  // namespace burin::apps
