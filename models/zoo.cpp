#include "models/zoo.h"

#include <algorithm>

#include "engine/error.h"
#include "models/fundus_unet.h"
#include "models/mobilenetv2.h"
#include "models/pix2pix_discriminator.h"
#include "models/pix2pix_generator.h"
#include "models/repvgg.h"
#include "models/resnet20.h"
#include "models/shufflenetv2.h"
#include "models/student_discriminator.h"
#include "models/student_generator.h"
#include "models/teacher_generator.h"
#include "models/unet.h"
#include "models/unet3d_a.h"
#include "models/unet3d_b.h"
#include "models/vgg16.h"
#include "models/xray_cnn.h"

namespace burin::models {
namespace {

UnetOptions damage_options(const ModelOptions& options) {
  UnetOptions o{.seed = options.seed};
  if (options.in_channels != 0) o.in_channels = options.in_channels;
  if (options.classes != 0) o.classes = options.classes;
  if (options.width != 0) o.width = options.width;
  return o;
}

// Numbers that a network has once and for all; 0: an option decides.
struct Fixed {
  std::int64_t in_channels = 0, classes = 0, width = 0;
  bool merges = false;
};

void check_options(std::string_view name, const ModelOptions& options, const Fixed& fixed) {
  const auto check = [&](const char* what, std::int64_t wanted, std::int64_t own) {
    if (own != 0 && wanted != 0 && wanted != own)
      throw Error(std::string(name), std::to_string(own) + " " + what, std::to_string(wanted));
  };
  check("channels in", options.in_channels, fixed.in_channels);
  check("channels out, its classes", options.classes, fixed.classes);
  check("channels on the first level, its width", options.width, fixed.width);
  if (options.merged && !fixed.merges)
    throw Error(std::string(name), "a network with branches to merge", "none");
}

std::unique_ptr<Network> fundus(const ModelOptions& options, bool faithful) {
  check_options("fundus-unet", options, {.in_channels = 3, .classes = 1, .width = 16});
  return std::make_unique<FundusUnet>(FundusOptions{.faithful = faithful, .seed = options.seed});
}

std::unique_ptr<Network> damage(const ModelOptions& options) {
  check_options("damage-unet", options, {});
  return std::make_unique<Unet>(damage_options(options));
}

// A network of which only the seed can be chosen.
template <class N, class Options>
std::unique_ptr<Network> make_fixed(const ModelOptions& options, const Fixed& fixed) {
  Options o;
  o.seed = options.seed;
  auto network = std::make_unique<N>(o);
  check_options(network->name(), options, fixed);
  return network;
}

// A classifier of small pictures of any number of classes.
template <class N, class Options = ClassifierOptions>
std::unique_ptr<Network> classifier(const ModelOptions& options, std::int64_t width) {
  Options o;
  o.seed = options.seed;
  if (options.classes != 0) o.classes = options.classes;
  constexpr bool merges = requires { o.merged; };
  if constexpr (merges) o.merged = options.merged;
  auto network = std::make_unique<N>(o);
  check_options(network->name(), options, {.in_channels = 3, .width = width, .merges = merges});
  return network;
}

constexpr ModelEntry entries[] = {
    {"fundus-unet", "retinal vessels; residual U-Net, any size that is a multiple of 8",
     [](const ModelOptions& o) { return fundus(o, false); }, nullptr},
    {"fundus-unet-faithful", "retinal vessels as published, 48x48 patches only",
     [](const ModelOptions& o) { return fundus(o, true); }, nullptr},
    {"damage-unet", "building damage in satellite images; U-Net with transposed convolutions",
     damage, [](const ModelOptions& o) { return elements(damage_options(o)); }},
    {"pix2pix-generator", "a photograph of the retina from a mask of its vessels",
     [](const ModelOptions& o) {
       return make_fixed<Pix2PixGenerator, Pix2PixGeneratorOptions>(o, {3, 3, 64});
     },
     nullptr},
    {"pix2pix-discriminator", "tells such photographs from real ones, patch by patch",
     [](const ModelOptions& o) {
       return make_fixed<Pix2PixDiscriminator, Pix2PixDiscriminatorOptions>(o, {3, 1, 64});
     },
     nullptr},
    {"xray-cnn", "pneumonia in chest X-rays",
     [](const ModelOptions& o) {
       return make_fixed<XrayCnn, XrayCnnOptions>(o, {3, 2, 16});
     },
     nullptr},
    {"unet3d-a", "brain tumours; 3-D U-Net without norms, patches of 64^3",
     [](const ModelOptions& o) {
       return make_fixed<Unet3dA, Unet3dAOptions>(o, {4, 3, 32});
     },
     nullptr},
    {"unet3d-b", "brain tumours; nnU-Net at full resolution, as MLPerf used it",
     [](const ModelOptions& o) {
       return make_fixed<Unet3dB, Unet3dBOptions>(o, {4, 4, 32});
     },
     nullptr},
    {"student-generator", "DiStyleGAN: small pictures from noise and a class",
     [](const ModelOptions& o) {
       return make_fixed<StudentGenerator, StudentGeneratorOptions>(o, {512, 3, 256});
     },
     nullptr},
    {"student-discriminator", "tells such pictures from those of the teacher",
     [](const ModelOptions& o) {
       return make_fixed<StudentDiscriminator, StudentDiscriminatorOptions>(o, {3, 1, 128});
     },
     nullptr},
    {"teacher-generator", "StyleGAN2-ADA: small pictures from noise and a class",
     [](const ModelOptions& o) {
       return make_fixed<TeacherGenerator, TeacherGeneratorOptions>(o, {512, 3, 512});
     },
     nullptr},
    {"resnet20", "CIFAR-10 classifier",
     [](const ModelOptions& o) { return classifier<Resnet20>(o, 16); }, nullptr},
    {"vgg16-bn", "CIFAR-10 classifier",
     [](const ModelOptions& o) { return classifier<Vgg16>(o, 64); }, nullptr},
    {"mobilenetv2-x1-4", "CIFAR-10 classifier",
     [](const ModelOptions& o) { return classifier<MobilenetV2>(o, 48); }, nullptr},
    {"shufflenetv2-x2-0", "CIFAR-10 classifier",
     [](const ModelOptions& o) { return classifier<ShufflenetV2>(o, 24); }, nullptr},
    {"repvgg-a2", "CIFAR-10 classifier; merged: its form for inference",
     [](const ModelOptions& o) { return classifier<RepVgg, RepVggOptions>(o, 64); }, nullptr},
};

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

const ModelEntry& entry_of(std::string_view name) {
  std::string known;
  for (const ModelEntry& entry : entries) {
    if (entry.name == name) return entry;
    if (!known.empty()) known += ", ";
    known += entry.name;
  }
  throw Error("model", "one of " + known, std::string(name));
}

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
    if (p.parameter->counted)
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
