#include "apps/network_output.h"

#include "engine/error.h"
#include "io/file.h"

namespace burin::apps {

std::int64_t output_channels(Network& network) {
  Tape shapes(Mode::shapes);
  return network.forward(shapes.input(network.default_input())).shape().channels();
}

void check_classes(const Dataset& dataset, int classes, const Network& network) {
  if (dataset.classes.size() == static_cast<std::size_t>(classes)) return;
  throw Error(reading(dataset.folder / "dataset.json"),
              std::to_string(classes) + " classes for " + std::string(network.name()),
              std::to_string(dataset.classes.size()));
}

}  // namespace burin::apps
