#include "train/sampler.h"

#include <algorithm>
#include <limits>
#include <string>

#include "engine/error.h"

namespace burin::train {
namespace {

void check(const Case& c, std::int64_t channels) {
  const auto pixels = static_cast<std::size_t>(c.height * c.width);
  if (c.channels != channels)
    throw Error("case " + c.id, std::to_string(channels) + " channels", std::to_string(c.channels));
  if (pixels > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max()))
    throw Error("case " + c.id, "fewer than 2^31 pixels", std::to_string(pixels));
  if (c.label.size() != pixels || (!c.field.empty() && c.field.size() != pixels))
    throw Error("case " + c.id, "a label and a field of view of the image's size",
                std::to_string(c.label.size()) + " and " + std::to_string(c.field.size()) +
                    " for " + std::to_string(pixels) + " pixels");
}

std::int64_t keep_inside(std::int64_t centre, std::int64_t patch, std::int64_t size) {
  if (size < patch) return size / 2;
  return std::clamp(centre, patch / 2, size - (patch + 1) / 2);
}

}  // namespace

PatchSampler::PatchSampler(std::span<const Case> cases, const SamplerOptions& options,
                           const AugmentOptions& augment)
    : cases_(cases), options_(options), augment_(augment) {
  if (cases.empty()) throw Error("sampler", "at least one training image", "none");
  for (const Case& c : cases) {
    check(c, cases[0].channels);
    auto& foreground = foreground_.emplace_back();
    auto& field = field_.emplace_back();
    for (std::size_t i = 0; i < c.label.size(); ++i) {
      if (!c.field.empty() && !c.field[i]) continue;
      field.push_back(static_cast<std::int32_t>(i));
      if (c.label[i] != 0 && c.label[i] != options.outside)
        foreground.push_back(static_cast<std::int32_t>(i));
    }
    if (field.empty()) throw Error("case " + c.id, "a field of view with pixels", "none");
  }
}

PatchSampler::Choice PatchSampler::choose(std::int64_t epoch, std::int64_t sample) const {
  Draws order = draws_of(options_.seed, epoch, 0, Purpose::order);
  const std::uint64_t count = cases_.size();
  const auto index =
      static_cast<std::size_t>((order.below(count) + static_cast<std::uint64_t>(sample)) % count);
  Draws place = draws_of(options_.seed, epoch, sample, Purpose::place);
  const bool wants_foreground = place.uniform() < options_.foreground;
  const auto& pixels =
      wants_foreground && !foreground_[index].empty() ? foreground_[index] : field_[index];
  const std::int64_t pixel = pixels[static_cast<std::size_t>(place.below(pixels.size()))];
  const Case& c = cases_[index];
  return {index, keep_inside(pixel / c.width, options_.patch, c.height),
          keep_inside(pixel % c.width, options_.patch, c.width)};
}

Patch PatchSampler::draw(std::int64_t epoch, std::int64_t sample) const {
  const Choice choice = choose(epoch, sample);
  Draws moving = draws_of(options_.seed, epoch, sample, Purpose::motion);
  const Motion motion = draw_motion(augment_, options_.patch, moving);
  Patch patch = cut_patch(cases_[choice.index], choice.cy, choice.cx, options_.patch, motion,
                          options_.outside);
  Draws colouring = draws_of(options_.seed, epoch, sample, Purpose::colouring);
  Draws noise = draws_of(options_.seed, epoch, sample, Purpose::noise);
  colour_patch(patch, draw_colouring(augment_, colouring), noise);
  return patch;
}

}  // namespace burin::train
