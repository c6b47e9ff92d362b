#include "models/zoo.h"

#include "engine/error.h"
#include "models/fundus_unet.h"
#include "models/unet.h"

namespace burin::models {
namespace {

std::unique_ptr<Network> damage(const ModelOptions& options) {
  UnetOptions o{.seed = options.seed};
  if (options.in_channels != 0) o.in_channels = options.in_channels;
  if (options.classes != 0) o.classes = options.classes;
  return std::make_unique<Unet>(o);
}

std::unique_ptr<Network> fundus(const ModelOptions& options, bool faithful) {
  if ((options.in_channels != 0 && options.in_channels != 3) ||
      (options.classes != 0 && options.classes != 1))
    throw Error("fundus-unet", "3 channels in and 1 class",
                std::to_string(options.in_channels) + " and " + std::to_string(options.classes));
  return std::make_unique<FundusUnet>(FundusOptions{.faithful = faithful, .seed = options.seed});
}

constexpr ModelEntry entries[] = {
    {"fundus-unet", "retinal vessels; residual U-Net, any size that is a multiple of 8",
     [](const ModelOptions& o) { return fundus(o, false); }},
    {"fundus-unet-faithful", "retinal vessels as published, 48x48 patches only",
     [](const ModelOptions& o) { return fundus(o, true); }},
    {"damage-unet", "building damage in satellite images; U-Net with transposed convolutions",
     damage},
};

}  // namespace

std::span<const ModelEntry> models() noexcept { return entries; }

std::unique_ptr<Network> make_network(std::string_view name, const ModelOptions& options) {
  std::string known;
  for (const ModelEntry& entry : entries) {
    if (entry.name == name) return entry.make(options);
    if (!known.empty()) known += ", ";
    known += entry.name;
  }
  throw Error("model", "one of " + known, std::string(name));
}

Counts count(Network& network, const Shape& input) {
  Counts out;
  for (const NamedParameter& p : network.parameters())
    (p.parameter->trainable ? out.parameters : out.statistics) += p.parameter->value.elements();
  Tape tape(Mode::shapes);
  static_cast<void>(network.forward(tape.input(input)));
  out.macs = tape.macs();
  return out;
}

}  // namespace burin::models
