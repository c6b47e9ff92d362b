#include "apps/fundus_sources.h"

#include <map>
#include <utility>

#include "apps/picture_names.h"
#include "engine/error.h"
#include "io/file.h"

namespace burin::apps {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view suffixes[] = {"_mask", "_manual1", "_training", "_test"};

std::string id_of(const fs::path& file) {
  std::string id = file.stem().string();
  for (bool again = true; again;) {
    again = false;
    for (const std::string_view suffix : suffixes)
      if (id.size() > suffix.size() && id.ends_with(suffix)) {
        id.resize(id.size() - suffix.size());
        again = true;
      }
  }
  return id;
}

// The pictures of a folder by id.
std::map<std::string, fs::path> pictures(const fs::path& folder) {
  std::map<std::string, fs::path> found;
  std::error_code error;
  fs::directory_iterator i(folder, error);
  for (const fs::directory_iterator end; !error && i != end; i.increment(error)) {
    if (!is_picture_name(i->path())) continue;
    const auto [other, fresh] = found.emplace(id_of(i->path()), i->path());
    if (!fresh)
      throw Error(reading(i->path()), "one picture per name",
                  "also " + other->second.filename().string());
  }
  if (error) throw Error(reading(folder), "a folder", error.message());
  if (found.empty()) throw Error(reading(folder), "pictures", "none");
  return found;
}

// images, masks and, where there is a folder for them, fields of view of one part.
void add_part(const fs::path& folder, const std::string& split,
              std::vector<FundusSource>& sources) {
  fs::path manual = folder / "manual1";
  if (!fs::is_directory(manual)) manual = folder / "1st_manual";
  if (!fs::is_directory(manual))
    throw Error(reading(folder), "a folder manual1 or 1st_manual", "none");
  const auto images = pictures(folder / "images"), vessels = pictures(manual);
  std::map<std::string, fs::path> fields;
  if (fs::is_directory(folder / "mask")) fields = pictures(folder / "mask");
  for (const auto& [id, image] : images) {
    const auto vessel = vessels.find(id);
    const auto field = std::as_const(fields).find(id);
    if (vessel == vessels.end())
      throw Error(reading(image), "a vessel mask in " + manual.string(), "none");
    if (!fields.empty() && field == fields.end())
      throw Error(reading(image), "a field of view in " + (folder / "mask").string(), "none");
    sources.push_back(
        {id, split, image, vessel->second, field == fields.end() ? fs::path() : field->second});
  }
  for (const auto& [id, vessel] : vessels)
    if (!images.contains(id))
      throw Error(reading(vessel), "an image in " + (folder / "images").string(), "none");
}

}  // namespace

std::vector<FundusSource> find_fundus_sources(const fs::path& folder) {
  if (!fs::is_directory(folder))
    throw Error(reading(folder), "a folder", fs::exists(folder) ? "a file" : "none");
  std::vector<FundusSource> sources;
  if (fs::is_directory(folder / "images")) {
    add_part(folder, "", sources);
    return sources;
  }
  for (const char* split : {"test", "training"})
    if (fs::is_directory(folder / split)) add_part(folder / split, split, sources);
  if (sources.empty())
    throw Error(reading(folder), "images and manual1, or training and test with these in them",
                "neither");
  return sources;
}

}  // namespace burin::apps
