#include "io/dataset.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "engine/error.h"
#include "io/atomic_file.h"
#include "io/file.h"
#include "io/image.h"
#include "io/in_quotes.h"
#include "io/json.h"
#include "io/sha256.h"

namespace burin {
namespace fs = std::filesystem;
using nlohmann::json;
namespace {

constexpr std::string_view split_names[] = {"train", "val", "test"};
constexpr const char* manifest = "dataset.json";

// Entries of a folder, sorted. Throws Error.
std::vector<fs::path> list(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> out;
  fs::directory_iterator i(folder, error);
  for (const fs::directory_iterator end; !error && i != end; i.increment(error))
    out.push_back(i->path());
  if (error) throw Error(reading(folder), "a folder", error.message());
  std::sort(out.begin(), out.end());
  return out;
}

std::string path_below(const Dataset& dataset, const fs::path& file) {
  return file.lexically_relative(dataset.folder).generic_string();
}

// Finds {split}/{kind}/{id}.png below the folder: fills splits; the paths below the folder go to
// `found`.
void scan(Dataset& dataset, std::set<std::string>& found) {
  for (const std::string_view split : split_names) {
    const fs::path folder = dataset.folder / split;
    if (!fs::exists(folder)) continue;
    std::map<std::string, Sample> samples;
    for (const fs::path& kind : list(folder)) {
      const std::vector<fs::path> files = list(kind);
      if (files.empty()) throw Error(reading(kind), "pictures", "an empty folder");
      for (const fs::path& file : files) {
        if (file.extension() != ".png" || !fs::is_regular_file(file))
          throw Error(reading(file), "a .png file", "something else");
        Sample& sample = samples[file.stem().string()];
        sample.id = file.stem().string();
        sample.files[kind.filename().string()] = file;
        found.insert(path_below(dataset, file));
      }
    }
    if (samples.empty()) throw Error(reading(folder), "pictures", "an empty folder");
    for (auto& [id, sample] : samples)
      dataset.splits[std::string(split)].push_back(std::move(sample));
  }
  if (!dataset.splits.contains("train"))
    throw Error(reading(dataset.folder / "train"), "a folder of pictures", "none");
}

// Every sample has the files of its neighbours, all of one size.
void check_samples(const Dataset& dataset) {
  for (const auto& [split, samples] : dataset.splits) {
    std::set<std::string> kinds;
    for (const Sample& sample : samples)
      for (const auto& [kind, file] : sample.files) kinds.insert(kind);
    for (const Sample& sample : samples) {
      for (const std::string& kind : kinds)
        if (!sample.files.contains(kind))
          throw Error(reading(dataset.folder / split / kind / (sample.id + ".png")), "a file",
                      "none");
      const auto& [first_kind, first_file] = *sample.files.begin();
      const ImageSize first = read_image_size(first_file);
      for (const auto& [kind, file] : sample.files) {
        const ImageSize size = read_image_size(file);
        if (size.width != first.width || size.height != first.height)
          throw Error(reading(file),
                      std::to_string(first.width) + "x" + std::to_string(first.height) + " as in " +
                          first_kind,
                      std::to_string(size.width) + "x" + std::to_string(size.height));
      }
    }
  }
}

template <class T>
T field(const json& document, const char* key, const std::string& operation) {
  const auto found = document.find(key);
  if (found == document.end()) throw Error(operation, "the key " + in_quotes(key), "none");
  try {
    return found->get<T>();
  } catch (const json::exception&) {
    throw Error(operation, "a value of the right type for " + in_quotes(key),
                found->dump(-1, ' ', false, json::error_handler_t::replace).substr(0, 60));
  }
}

bool is_hash(const std::string& text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

// Tells each sample the hashes of its files, all of which are listed.
void give_hashes(Dataset& dataset) {
  for (auto& [split, samples] : dataset.splits)
    for (Sample& sample : samples)
      for (const auto& [kind, file] : sample.files)
        sample.sha256[kind] = dataset.sha256.at(path_below(dataset, file));
}

void check_listed(const Dataset& dataset, const std::set<std::string>& found) {
  for (const auto& [path, hash] : dataset.sha256)
    if (!found.contains(path)) throw Error(reading(dataset.folder / path), "a file", "none");
  for (const std::string& path : found)
    if (!dataset.sha256.contains(path))
      throw Error(reading(dataset.folder / path), "only files that dataset.json lists", "another");
}

}  // namespace

const fs::path& Sample::file(std::string_view kind) const {
  const auto found = files.find(kind);
  if (found == files.end())
    throw Error("sample " + id, "a file among " + std::string(kind), "none");
  return found->second;
}

std::vector<std::uint8_t> Sample::read(std::string_view kind) const {
  const fs::path& path = file(kind);
  auto bytes = read_file(path, ImageLimits{}.file_bytes);
  if (const auto listed = sha256.find(kind); listed != sha256.end())
    if (const std::string now = sha256_hex(bytes); now != listed->second)
      throw Error(reading(path), "sha256 " + listed->second + " as in dataset.json", now);
  return bytes;
}

const std::vector<Sample>& Dataset::split(std::string_view name) const {
  const auto found = splits.find(name);
  if (found == splits.end()) throw Error(reading(folder / name), "a folder of pictures", "none");
  return found->second;
}

Dataset decode_dataset(std::string_view text, const std::string& name) {
  const std::string operation = "read " + name;
  const json document = parse_json(text, operation, {.depth = 8, .values = 10'000'000});
  if (!document.is_object()) throw Error(operation, "a JSON object", document.type_name());
  Dataset dataset;
  dataset.version = field<int>(document, "version", operation);
  if (dataset.version != Dataset::current_version)
    throw Error(operation, "version 1", std::to_string(dataset.version));
  dataset.task = field<std::string>(document, "task", operation);
  dataset.classes = field<std::vector<std::string>>(document, "classes", operation);
  dataset.seed = field<std::uint64_t>(document, "seed", operation);
  dataset.source = field<std::string>(document, "source", operation);
  for (const auto& [path, hash] :
       field<std::map<std::string, std::string>>(document, "files", operation)) {
    if (!is_hash(hash)) throw Error(operation, "a sha256 for " + in_quotes(path), in_quotes(hash));
    dataset.sha256[path] = hash;
  }
  return dataset;
}

Dataset read_dataset(const fs::path& folder) {
  const fs::path path = folder / manifest;
  const auto bytes = read_file(path, std::uint64_t{1} << 28);
  Dataset dataset =
      decode_dataset({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, path.string());
  dataset.folder = folder;
  std::set<std::string> found;
  scan(dataset, found);
  check_listed(dataset, found);
  check_samples(dataset);
  give_hashes(dataset);
  return dataset;
}

void write_dataset(Dataset& dataset) {
  dataset.version = Dataset::current_version;
  dataset.splits.clear();
  dataset.sha256.clear();
  std::set<std::string> found;
  scan(dataset, found);
  check_samples(dataset);
  for (const std::string& file : found)
    dataset.sha256[file] = sha256_of_file(dataset.folder / file);
  give_hashes(dataset);
  const json document{{"version", dataset.version}, {"task", dataset.task},
                      {"classes", dataset.classes}, {"seed", dataset.seed},
                      {"source", dataset.source},   {"files", dataset.sha256}};
  const fs::path path = dataset.folder / manifest;
  try {
    write_file(path, document.dump(1) + "\n");
  } catch (const json::exception&) {
    throw Error("write " + path.string(), "names in UTF-8", "other bytes");
  }
}

std::vector<std::string> pick_validation(std::span<const std::string> ids, double fraction,
                                         std::uint64_t seed) {
  if (!(fraction > 0 && fraction < 1))
    throw Error("validation split", "a fraction between 0 and 1", std::to_string(fraction));
  if (ids.size() < 2)
    throw Error("validation split", "at least two images", std::to_string(ids.size()));
  std::vector<std::pair<std::string, std::string>> order;
  for (const std::string& id : ids)
    order.emplace_back(sha256_hex(std::to_string(seed) + ":" + id), id);
  std::sort(order.begin(), order.end());
  const auto wanted = std::llround(fraction * static_cast<double>(ids.size()));
  const auto count = std::clamp<std::int64_t>(wanted, 1, static_cast<std::int64_t>(ids.size()) - 1);
  std::vector<std::string> chosen;
  for (std::int64_t i = 0; i < count; ++i)
    chosen.push_back(order[static_cast<std::size_t>(i)].second);
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

}  // namespace burin
