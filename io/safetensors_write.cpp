#include <algorithm>
#include <bit>
#include <cassert>
#include <set>

#include "engine/error.h"
#include "io/atomic_file.h"
#include "io/in_quotes.h"
#include "io/json.h"
#include "io/safetensors.h"
#include "io/safetensors_format.h"
#include "io/tensor_bytes.h"

namespace burin {
namespace {

using nlohmann::json;
using namespace safetensors;

void check_names(std::span<const NamedTensor> tensors,
                 const std::map<std::string, std::string>& metadata, const std::string& operation) {
  std::set<std::string_view> names;
  for (const NamedTensor& t : tensors) {
    if (!t.tensor)
      throw Error(operation, "a tensor under " + in_quotes(t.name), "an undefined one");
    if (t.name.empty() || t.name == metadata_key || !names.insert(t.name).second)
      throw Error(operation, "tensor names, each once", in_quotes(t.name));
  }
  for (const auto& [key, text] : metadata)
    if (key == header_checksum || key.starts_with(tensor_checksum))
      throw Error(operation, "metadata keys other than a checksum's", in_quotes(key));
}

// The header as text, padded so that the numbers begin at a multiple of 64.
std::string header_text(std::span<const NamedTensor> tensors,
                        const std::map<std::string, std::string>& metadata) {
  json document = json::object();
  json& notes = document[metadata_key] = metadata;
  std::uint64_t at = 0;
  for (const auto& [name, tensor] : tensors) {
    const std::uint64_t end = at + row_major_bytes(tensor).size();
    document[name] = {{"dtype", find_element(tensor.dtype())->code},
                      {"shape", tensor.shape().sizes()},
                      {"data_offsets", {at, end}}};
    notes[std::string(tensor_checksum) + name] = text_of(crc32c(row_major_bytes(tensor)));
    at = end;
  }
  notes[header_checksum] = text_of(checksum_of(document.dump()));
  std::string text = document.dump();
  text.append((64 - (8 + text.size()) % 64) % 64, ' ');
  return text;
}

}  // namespace

void write_safetensors(const std::filesystem::path& path, std::span<const NamedTensor> tensors,
                       const std::map<std::string, std::string>& metadata) {
  static_assert(std::endian::native == std::endian::little);
  const std::string operation = "write " + path.string();
  check_names(tensors, metadata, operation);
  std::vector<NamedTensor> dense;
  for (const NamedTensor& t : tensors) dense.push_back({t.name, to_row_major(t.tensor)});
  std::stable_sort(dense.begin(), dense.end(), [](const NamedTensor& a, const NamedTensor& b) {
    return size_of(a.tensor.dtype()) > size_of(b.tensor.dtype());
  });
  std::string header;
  try {
    header = header_text(dense, metadata);
  } catch (const json::exception&) {
    throw Error(operation, "names and metadata in UTF-8", "other bytes");
  }
  if (header.size() > longest_header)
    throw Error(operation, "a header of at most 100 MB", std::to_string(header.size()));
  const auto length = std::bit_cast<std::array<std::uint8_t, 8>>(std::uint64_t{header.size()});

  AtomicFile file(path);
  file.write(length);
  file.write(header);
  for (const NamedTensor& t : dense) file.write(row_major_bytes(t.tensor));
  file.commit();
}

}  // namespace burin
