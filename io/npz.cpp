#include "engine/error.h"
#include "io/file.h"
#include "io/in_quotes.h"
#include "io/npy.h"
#include "io/zip.h"

namespace burin {
namespace {
constexpr std::string_view suffix = ".npy";
}

std::vector<NamedTensor> decode_npz(std::span<const std::uint8_t> bytes, const std::string& name,
                                    const NpzLimits& limits) {
  const std::string operation = "read " + name;
  std::vector<NamedTensor> tensors;
  for (auto& entry : read_zip(bytes, operation, {.bytes = limits.bytes, .ratio = limits.ratio})) {
    if (!entry.name.ends_with(suffix))
      throw Error(operation, "entries that end in .npy", in_quotes(entry.name));
    tensors.push_back({entry.name.substr(0, entry.name.size() - suffix.size()),
                       decode_npy(entry.bytes, name + " " + in_quotes(entry.name))});
    entry.bytes = {};
  }
  return tensors;
}

std::vector<NamedTensor> read_npz(const std::filesystem::path& path, const NpzLimits& limits) {
  return decode_npz(read_file(path), path.string(), limits);
}

void write_npz(const std::filesystem::path& path, std::span<const NamedTensor> tensors) {
  std::vector<ZipEntry> entries;
  for (const auto& [name, tensor] : tensors)
    entries.push_back({name + std::string(suffix), encode_npy(tensor)});
  write_zip(path, entries);
}

}  // namespace burin
