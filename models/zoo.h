// Every network by its name.
#pragma once

#include <memory>
#include <span>

#include "engine/nn/network.h"

namespace burin::models {

struct ModelOptions {
  std::uint64_t seed = 1;
  // 0: the network's own. width: channels of the first level.
  std::int64_t in_channels = 0, classes = 0, width = 0;
  bool merged = false;  // repvgg-a2: one convolution for the three branches of a block
};

struct ModelEntry {
  std::string_view name;         // "damage-unet"
  std::string_view description;  // one line
  // Throws Error for options that the network does not have.
  std::unique_ptr<Network> (*make)(const ModelOptions& options);
  // Of its parameters and statistics; null where no option changes them.
  std::int64_t (*elements)(const ModelOptions& options);
};

[[nodiscard]] std::span<const ModelEntry> models() noexcept;
// Throws Error{"model", ...} for an unknown name.
[[nodiscard]] const ModelEntry& entry_of(std::string_view name);

// Throws Error for an unknown name and for options that the network does not have.
[[nodiscard]] std::unique_ptr<Network> make_network(std::string_view name,
                                                    const ModelOptions& options = {});

// Numbers that its parameters and statistics take at least, without building it. Throws Error for an
// unknown name.
[[nodiscard]] std::int64_t least_elements(std::string_view name, const ModelOptions& options = {});

struct Counts {
  std::int64_t parameters = 0;  // trainable
  std::int64_t statistics = 0;  // not trained: running means and variances
  std::int64_t macs = 0;        // of one forward pass of these inputs
};
// Throws Error when the network does not take these inputs, or 64 bits do not hold the count.
[[nodiscard]] Counts count(Network& network, std::span<const Shape> inputs);

}  // namespace burin::models
