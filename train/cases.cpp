#include "train/cases.h"

#include <algorithm>
#include <cmath>

#include "engine/error.h"
#include "io/file.h"
#include "models/field_of_view.h"
#include "models/fundus_preprocess.h"

namespace burin::train {
namespace {

// 0..255, three channels, any source.
std::vector<float> as_rgb(const Image& picture) {
  std::vector<float> out(static_cast<std::size_t>(picture.pixels() * 3));
  const auto words = picture.bits == 16 ? picture.words() : std::span<const std::uint16_t>{};
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::size_t source = picture.channels == 3 ? i : i / 3;
    out[i] = picture.bits == 16 ? static_cast<float>(words[source]) / 257.0f
                                : static_cast<float>(picture.data[source]);
  }
  return out;
}

std::vector<std::uint8_t> read_mask(const Sample& sample, const char* kind, const Extent& size) {
  const std::filesystem::path& file = sample.file(kind);
  Image mask = decode_labels(sample.read(kind), file.string());
  if (mask.width != size.width || mask.height != size.height)
    throw Error(
        "read " + file.string(),
        "the image's size " + std::to_string(size.width) + "x" + std::to_string(size.height),
        std::to_string(mask.width) + "x" + std::to_string(mask.height));
  if (mask.bits != 8) throw Error("read " + file.string(), "8-bit labels", "16-bit");
  return std::move(mask.data);
}

std::vector<std::uint8_t> read_truth(const Sample& sample, const Extent& size,
                                     const TruthLabels& labels) {
  auto label = read_mask(sample, "masks", size);
  for (auto& v : label) {
    if (v == labels.ignore_index) continue;
    if (labels.classes == 2) v = v != 0;
    if (v >= labels.classes)
      throw Error(reading(sample.file("masks")), "classes below " + std::to_string(labels.classes),
                  std::to_string(v));
  }
  return label;
}

// Thin pictures grow: 1x4000 pixels are 1024x4096000 at a width of 1024.
Extent working_size(const Extent& native, std::int64_t width, const std::filesystem::path& file) {
  const Extent size = scaled_to_width(native, width);
  const std::int64_t most = ImageLimits{}.pixels;
  if (size.height > most / std::max<std::int64_t>(1, size.width))
    throw Error(
        reading(file),
        "at most " + std::to_string(most) + " pixels at a width of " + std::to_string(size.width),
        std::to_string(size.width) + "x" + std::to_string(size.height));
  return size;
}

}  // namespace

int truth_classes(std::int64_t output_channels) noexcept {
  return output_channels == 1 ? 2 : static_cast<int>(output_channels);
}

Case case_of_picture(const Image& picture, std::span<const std::uint8_t> field,
                     const DataRecipe& recipe, const std::filesystem::path& file) {
  const Extent native{picture.height, picture.width};
  const Extent size = working_size(native, recipe.width, file);
  Case c{.id = file.stem().string(), .height = size.height, .width = size.width, .channels = 3};
  c.image = resample(as_rgb(picture), native, size, 3);
  if (!field.empty()) c.field = resample_mask(field, native, size);
  if (recipe.preprocess == "fundus") {
    std::vector<std::uint8_t> rgb(c.image.size());
    for (std::size_t i = 0; i < rgb.size(); ++i)
      rgb[i] = static_cast<std::uint8_t>(std::lround(std::clamp(c.image[i], 0.0f, 255.0f)));
    if (c.field.empty()) c.field = models::find_field_of_view(rgb, size).mask;
    c.image = models::preprocess_fundus(rgb, c.field, size);
  } else {
    for (auto& v : c.image) v /= 255.0f;
  }
  return c;
}

Case load_case(const Sample& sample, const DataRecipe& recipe, const TruthLabels& labels,
               NativeTruth* native) {
  const std::filesystem::path& file = sample.file("images");
  const Image picture = decode_image(sample.read("images"), file.string());
  const Extent size{picture.height, picture.width};
  const auto label = read_truth(sample, size, labels);
  std::vector<std::uint8_t> field;
  if (sample.files.contains("fov")) field = read_mask(sample, "fov", size);
  Case c = case_of_picture(picture, field, recipe, file);
  const Extent working{c.height, c.width};
  c.label = labels.classes == 2 && labels.ignore_index < 0
                ? resample_mask(label, size, working)
                : resample_classes(label, size, working, labels.classes, labels.ignore_index);
  if (native) *native = {size, label, field};
  return c;
}

std::vector<Case> load_cases(std::span<const Sample> samples, const DataRecipe& recipe,
                             const TruthLabels& labels) {
  std::vector<Case> out;
  for (const Sample& sample : samples) out.push_back(load_case(sample, recipe, labels));
  return out;
}

Case without_ignored(Case c, std::int64_t ignore_index) {
  if (ignore_index < 0) return c;
  if (c.field.empty()) c.field.assign(c.label.size(), 1);
  for (std::size_t i = 0; i < c.label.size(); ++i)
    if (c.label[i] == ignore_index) c.field[i] = 0;
  return c;
}

Partition partition(const Dataset& dataset, const Recipe& recipe) {
  Partition parts;
  parts.train = dataset.split("train");
  if (dataset.splits.contains("val")) {
    parts.validation = dataset.split("val");
  } else if (recipe.data.validation > 0 && parts.train.size() > 1) {
    std::vector<std::string> ids;
    for (const auto& s : parts.train) ids.push_back(s.id);
    const auto chosen =
        pick_validation(ids, recipe.data.validation, static_cast<std::uint64_t>(recipe.train.seed));
    std::vector<Sample> kept;
    for (auto& s : parts.train) {
      const bool out = std::find(chosen.begin(), chosen.end(), s.id) != chosen.end();
      (out ? parts.validation : kept).push_back(std::move(s));
    }
    parts.train = std::move(kept);
  }
  return parts;
}

}  // namespace burin::train
