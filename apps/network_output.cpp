#include "apps/network_output.h"

#include "engine/error.h"
#include "io/file.h"

namespace burin::apps {

std::int64_t output_channels(Network& network) {
  const std::vector<Shape> inputs = default_shapes(network);
  Tape tape(Mode::shapes);
  const Shape output = run_shapes(network, tape, inputs).shape();
  const bool map =
      inputs.size() == 1 && inputs[0].rank() == 4 && output == inputs[0].with(1, output.channels());
  if (!map)
    throw Error(std::string(network.name()), "a network that gives each pixel of a picture a class",
                "an output of " + output.text());
  return output.channels();
}

void check_classes(const Dataset& dataset, int classes, const Network& network) {
  if (dataset.classes.size() == static_cast<std::size_t>(classes)) return;
  throw Error(reading(dataset.folder / "dataset.json"),
              std::to_string(classes) + " classes for " + std::string(network.name()),
              std::to_string(dataset.classes.size()));
}

}  // namespace burin::apps
