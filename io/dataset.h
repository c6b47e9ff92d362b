// A data folder: {train,val,test}/{images,masks,fov,...}/ID.png and dataset.json
// {version, task, classes, seed, source, files: {path: sha256}}. dataset.json is written last, so a
// folder that has one is complete.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace burin {

struct Sample {
  std::string id;
  std::map<std::string, std::filesystem::path, std::less<>>
      files;                                               // "images", "masks", "fov" -> path
  std::map<std::string, std::string, std::less<>> sha256;  // the same -> hex, of dataset.json

  // Throws Error when the sample has no such file.
  [[nodiscard]] const std::filesystem::path& file(std::string_view kind) const;
  // Its bytes. Throws Error naming the file when they are not those that dataset.json lists.
  [[nodiscard]] std::vector<std::uint8_t> read(std::string_view kind) const;
};

struct Dataset {
  static constexpr int current_version = 1;
  std::filesystem::path folder;
  int version = current_version;
  std::string task;
  std::vector<std::string> classes;
  std::uint64_t seed = 0;
  std::string
      source;  // how it was made, one line; decides whether a second preparation is the same
  std::map<std::string, std::string, std::less<>> sha256;          // path below the folder -> hex
  std::map<std::string, std::vector<Sample>, std::less<>> splits;  // samples sorted by id

  // "train", "val" or "test". Throws Error when the folder has none.
  [[nodiscard]] const std::vector<Sample>& split(std::string_view name) const;
};

// Every file listed and there, none extra, the pictures of a sample of one size; Sample::read checks
// the bytes. Throws Error{"read <file>", expected, got} naming the first file that is wrong.
[[nodiscard]] Dataset read_dataset(const std::filesystem::path& folder);

// dataset.json alone, from memory: without splits. `name` stands in errors.
[[nodiscard]] Dataset decode_dataset(std::string_view text, const std::string& name);

// Hashes the files of the folder, checks them as read_dataset does and writes dataset.json, last
// and atomically. `dataset.folder`, task, classes, seed and source are read; the rest is filled in.
// Throws Error.
void write_dataset(Dataset& dataset);

// Cuts round(fraction*n) ids, at least one and at most n-1, by the order of sha256("<seed>:<id>"):
// the same for any order of ids, and stable when others are added. Needs two ids. Returns the
// chosen ones, sorted.
[[nodiscard]] std::vector<std::string> pick_validation(std::span<const std::string> ids,
                                                       double fraction, std::uint64_t seed);

}  // namespace burin
