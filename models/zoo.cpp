#include "models/zoo.h"

#include <algorithm>

#include "engine/error.h"
#include "models/fundus_unet.h"
#include "models/unet.h"

namespace burin::models {
namespace {

UnetOptions damage_options(const ModelOptions& options) {
  UnetOptions o{.seed = options.seed};
  if (options.in_channels != 0) o.in_channels = options.in_channels;
  if (options.classes != 0) o.classes = options.classes;
  if (options.width != 0) o.width = options.width;
  return o;
}

std::unique_ptr<Network> fundus(const ModelOptions& options, bool faithful) {
  if (options.width != 0)
    throw Error("fundus-unet", "no width, as its channels are fixed",
                std::to_string(options.width));
  if ((options.in_channels != 0 && options.in_channels != 3) ||
      (options.classes != 0 && options.classes != 1))
    throw Error("fundus-unet", "3 channels in and 1 class",
                std::to_string(options.in_channels == 0 ? 3 : options.in_channels) + " and " +
                    std::to_string(options.classes == 0 ? 1 : options.classes));
  return std::make_unique<FundusUnet>(FundusOptions{.faithful = faithful, .seed = options.seed});
}

constexpr ModelEntry entries[] = {
    {"fundus-unet", "retinal vessels; residual U-Net, any size that is a multiple of 8",
     [](const ModelOptions& o) { return fundus(o, false); }, nullptr},
    {"fundus-unet-faithful", "retinal vessels as published, 48x48 patches only",
     [](const ModelOptions& o) { return fundus(o, true); }, nullptr},
    {"damage-unet", "building damage in satellite images; U-Net with transposed convolutions",
     [](const ModelOptions& o) -> std::unique_ptr<Network> {
       return std::make_unique<Unet>(damage_options(o));
     },
     [](const ModelOptions& o) { return elements(damage_options(o)); }},
};

const ModelEntry& entry_of(std::string_view name) {
  std::string known;
  for (const ModelEntry& entry : entries) {
    if (entry.name == name) return entry;
    if (!known.empty()) known += ", ";
    known += entry.name;
  }
  throw Error("model", "one of " + known, std::string(name));
}

// Of all nodes, from above and without overflow. A convolution, [oc, ic, taps] times y pixels,
// takes y.elements * ic * taps; a transposed one, [ic, oc, taps], x.elements * oc * taps.
double macs_at_most(const Tape& tape) {
  double sum = 0;
  for (const Node& node : tape.nodes()) {
    if (node.op == nullptr || node.op->macs == nullptr) continue;
    const auto shape = [&](std::size_t i) -> const Shape& {
      return tape.nodes()[static_cast<std::size_t>(node.inputs[i])].shape;
    };
    const Shape& weight = shape(1);
    const auto elements = static_cast<double>(std::max(shape(0).elements(), node.shape.elements()));
    sum += elements * static_cast<double>(weight.elements()) /
           static_cast<double>(std::max<std::int64_t>(1, std::min(weight[0], weight[1])));
  }
  return sum;
}

}  // namespace

std::span<const ModelEntry> models() noexcept { return entries; }

std::unique_ptr<Network> make_network(std::string_view name, const ModelOptions& options) {
  return entry_of(name).make(options);
}

std::int64_t least_elements(std::string_view name, const ModelOptions& options) {
  const ModelEntry& entry = entry_of(name);
  return entry.elements == nullptr ? 0 : entry.elements(options);
}

Counts count(Network& network, std::span<const Shape> inputs) {
  Counts out;
  for (const NamedParameter& p : network.parameters())
    (p.parameter->trainable ? out.parameters : out.statistics) += p.parameter->value.elements();
  Tape tape(Mode::shapes);
  static_cast<void>(run_shapes(network, tape, inputs));
  if (macs_at_most(tape) >= 0x1p63)
    throw Error(std::string(network.name()), "fewer than 2^63 multiply-accumulates",
                "an input of " + inputs[0].text());
  out.macs = tape.macs();
  return out;
}

}  // namespace burin::models
