#include "apps/fundus_pictures.h"

#include <algorithm>

#include "engine/error.h"
#include "io/file.h"
#include "models/field_of_view.h"
#include "models/fundus_synthetic.h"

namespace burin::apps {
namespace fs = std::filesystem;
namespace {

Image to_rgb8(Image image, const fs::path& path) {
  if (image.channels != 3) throw Error(reading(path), "a colour picture", "a grey one");
  if (image.bits == 8) return image;
  Image out = make_image(image.width, image.height, 3);
  for (std::size_t i = 0; i < out.data.size(); ++i)
    out.data[i] = static_cast<std::uint8_t>(image.words()[i] >> 8);
  return out;
}

// 0 and 255, cut at half of the range; a file of zeros and ones is taken as it is.
Image read_binary(const fs::path& path, const Image& like) {
  const Image labels = read_labels(path);
  if (labels.width != like.width || labels.height != like.height)
    throw Error(reading(path),
                std::to_string(like.width) + "x" + std::to_string(like.height) + " as its picture",
                std::to_string(labels.width) + "x" + std::to_string(labels.height));
  Image out = make_image(labels.width, labels.height, 1);
  const auto cut = [&](auto numbers, int half) {
    const int least = *std::max_element(numbers.begin(), numbers.end()) <= 1 ? 1 : half;
    for (std::size_t i = 0; i < numbers.size(); ++i) out.data[i] = numbers[i] >= least ? 255 : 0;
  };
  if (labels.bits == 16)
    cut(labels.words(), 1 << 15);
  else
    cut(std::span(labels.data), 1 << 7);
  return out;
}

Image mask_of(std::span<const std::uint8_t> ones, std::int64_t width, std::int64_t height) {
  Image mask = make_image(width, height, 1);
  std::transform(ones.begin(), ones.end(), mask.data.begin(),
                 [](std::uint8_t v) { return static_cast<std::uint8_t>(v ? 255 : 0); });
  return mask;
}

}  // namespace

FundusPictures read_pictures(const FundusSource& source) {
  FundusPictures p;
  p.image = to_rgb8(read_image(source.image), source.image);
  p.vessels = read_binary(source.vessels, p.image);
  if (!source.field.empty()) {
    p.field = read_binary(source.field, p.image);
    return p;
  }
  const auto found = models::find_field_of_view(p.image.data, {p.image.height, p.image.width});
  p.field = mask_of(found.mask, p.image.width, p.image.height);
  p.field_found = true;
  return p;
}

FundusPictures make_pictures(std::int64_t size, std::uint64_t seed, std::uint64_t number) {
  auto made = models::synthesize_fundus({size, size}, seed, number);
  Image image{size, size, 3, 8, std::move(made.rgb)};
  return {std::move(image), mask_of(made.vessels, size, size), mask_of(made.field, size, size)};
}

double share_of(const Image& mask) {
  const auto inside = std::count(mask.data.begin(), mask.data.end(), std::uint8_t{255});
  return static_cast<double>(inside) / static_cast<double>(mask.pixels());
}

}  // namespace burin::apps
