#include "io/safetensors.h"

#include <algorithm>
#include <cstring>

#include "engine/error.h"
#include "io/crc32c.h"
#include "io/file.h"
#include "io/in_quotes.h"
#include "io/json.h"
#include "io/safetensors_format.h"
#include "io/tensor_bytes.h"

namespace burin {
namespace {

using nlohmann::json;
using namespace safetensors;

struct Entry {
  std::string name;
  const Element* element = nullptr;
  Shape shape;
  std::uint64_t begin = 0, end = 0;  // in the data
};

struct Header {
  std::map<std::string, std::string> metadata, checksums;
  std::vector<Entry> entries;  // in the order of the data
  std::uint64_t data = 0;      // where the data begins in the file
};

std::uint64_t unsigned_number(const json& value, const std::string& operation,
                              const std::string& name) {
  if (!value.is_number_unsigned())
    throw Error(operation, "whole numbers in " + name, value.dump().substr(0, 40));
  return value.get<std::uint64_t>();
}

Shape read_shape(const json& value, const std::string& operation, const std::string& name) {
  if (!value.is_array() || value.size() > Shape::max_rank)
    throw Error(operation, "a shape of at most 6 axes in " + name, value.dump().substr(0, 40));
  std::vector<std::int64_t> sizes;
  for (const json& size : value) {
    const std::uint64_t n = unsigned_number(size, operation, name);
    if (n > (std::uint64_t{1} << 48))
      throw Error(operation, "sizes below 2^48 in " + name, std::to_string(n));
    sizes.push_back(static_cast<std::int64_t>(n));
  }
  return checked_shape(sizes, operation);
}

Entry read_entry(const std::string& name, const json& value, const std::string& operation) {
  const std::string where = in_quotes(name);
  if (!value.is_object() || value.size() != 3 || !value.contains("dtype") ||
      !value.contains("shape") || !value.contains("data_offsets"))
    throw Error(operation, "dtype, shape and data_offsets in " + where, value.dump().substr(0, 60));
  Entry entry;
  entry.name = name;
  if (value["dtype"].is_string())
    entry.element = find_element(value["dtype"].get_ref<const std::string&>());
  if (entry.element == nullptr)
    throw Error(operation, "a type among F64 F32 F16 BF16 I64 I32 I8 U8 BOOL in " + where,
                value["dtype"].dump().substr(0, 40));
  entry.shape = read_shape(value["shape"], operation, where);
  const json& offsets = value["data_offsets"];
  if (!offsets.is_array() || offsets.size() != 2)
    throw Error(operation, "two data_offsets in " + where, offsets.dump().substr(0, 40));
  entry.begin = unsigned_number(offsets[0], operation, where);
  entry.end = unsigned_number(offsets[1], operation, where);
  std::uint64_t bytes = 0;
  const bool overflow = __builtin_mul_overflow(static_cast<std::uint64_t>(entry.shape.elements()),
                                               std::uint64_t{entry.element->bytes}, &bytes);
  if (overflow || entry.end < entry.begin || entry.end - entry.begin != bytes)
    throw Error(operation, "data_offsets as far apart as shape and type ask in " + where,
                offsets.dump().substr(0, 60));
  return entry;
}

// No gaps, no overlaps, nothing after the last: the data belongs to the tensors byte for byte.
void check_cover(std::vector<Entry>& entries, std::uint64_t bytes, const std::string& operation) {
  std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.end < b.end;
  });
  std::uint64_t at = 0;
  for (const Entry& entry : entries) {
    if (entry.begin != at)
      throw Error(operation, in_quotes(entry.name) + " to begin at " + std::to_string(at),
                  std::to_string(entry.begin));
    at = entry.end;
  }
  if (at != bytes)
    throw Error(operation, std::to_string(at) + " bytes of numbers", std::to_string(bytes));
}

void read_metadata(const json& value, const std::string& operation, Header& header) {
  if (!value.is_object())
    throw Error(operation, "strings in __metadata__", value.dump().substr(0, 40));
  for (const auto& [key, text] : value.items()) {
    if (!text.is_string())
      throw Error(operation, "strings in __metadata__", text.dump().substr(0, 40));
    if (key == header_checksum) continue;
    if (key.starts_with(tensor_checksum))
      header.checksums[key.substr(tensor_checksum.size())] = text.get<std::string>();
    else
      header.metadata[key] = text.get<std::string>();
  }
  if (!header.checksums.empty() && !value.contains(header_checksum))
    throw Error(operation, "a checksum of the header beside those of the tensors", "none");
}

// The checksum of the header is that of its canonical text without the checksum itself.
void check_header(json document, const std::string& operation) {
  if (!document.contains(metadata_key) || !document[metadata_key].contains(header_checksum)) return;
  json& metadata = document[metadata_key];
  const json stated = metadata[header_checksum];
  metadata.erase(header_checksum);
  if (stated != text_of(checksum_of(document.dump())))
    throw Error(operation, "a header with checksum " + stated.dump().substr(0, 20),
                text_of(checksum_of(document.dump())));
}

Header read_header(const ByteSource& source) {
  const std::string& operation = source.operation();
  std::uint8_t prefix[8];
  if (source.size() < 10)
    throw Error(operation, "a safetensors file", std::to_string(source.size()) + " bytes");
  source.read(0, prefix);
  std::uint64_t length = 0;
  std::memcpy(&length, prefix, 8);
  if (length > longest_header || length > source.size() - 8)
    throw Error(operation, "a header within the file and of at most 100 MB",
                std::to_string(length));
  std::string text(length, '\0');
  source.read(8, {reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  if (text.empty() || text[0] != '{')
    throw Error(operation, "a header that starts with {", "something else");
  const json document = parse_json(text, operation, {.depth = 4});

  Header header;
  header.data = 8 + length;
  for (const auto& [name, value] : document.items()) {
    if (name == metadata_key)
      read_metadata(value, operation, header);
    else
      header.entries.push_back(read_entry(name, value, operation));
  }
  check_cover(header.entries, source.size() - header.data, operation);
  check_header(document, operation);
  return header;
}

Tensor read_tensor(const ByteSource& source, const Header& header, const Entry& entry) {
  Tensor tensor = Tensor::empty(entry.shape, entry.element->type, Order::row_major);
  const auto bytes = row_major_bytes(tensor);
  const std::uint64_t count = entry.end - entry.begin;
  // Halves are read into the upper part of their floats' place and widened from the front.
  const auto stored = bytes.subspan(bytes.size() - count);
  source.read(header.data + entry.begin, stored);
  if (const auto found = header.checksums.find(entry.name); found != header.checksums.end())
    if (const std::string sum = text_of(crc32c(stored)); sum != found->second)
      throw Error(source.operation(),
                  in_quotes(entry.name) + " with checksum " + in_quotes(found->second), sum);
  if (count < bytes.size())
    for (std::size_t i = 0; i < count / 2; ++i) {
      std::uint16_t half;
      std::memcpy(&half, stored.data() + 2 * i, 2);
      const float value = half_to_float(half);
      std::memcpy(bytes.data() + 4 * i, &value, 4);
    }
  if (entry.element->type == DType::boolean)
    for (auto& v : bytes)
      if (v > 1)
        throw Error(source.operation(), "0 or 1 in " + in_quotes(entry.name), std::to_string(v));
  return tensor;
}

SafetensorsFile read_all(const ByteSource& source) {
  const Header header = read_header(source);
  SafetensorsFile file;
  file.metadata = header.metadata;
  file.checked = !header.entries.empty();
  for (const Entry& entry : header.entries) {
    file.tensors.push_back({entry.name, read_tensor(source, header, entry)});
    file.checked = file.checked && header.checksums.contains(entry.name);
  }
  return file;
}

}  // namespace

const Tensor* SafetensorsFile::find(std::string_view name) const noexcept {
  for (const NamedTensor& t : tensors)
    if (t.name == name) return &t.tensor;
  return nullptr;
}

SafetensorsFile read_safetensors(const std::filesystem::path& path) {
  return read_all(ByteSource(path));
}

SafetensorsFile decode_safetensors(std::span<const std::uint8_t> bytes, const std::string& name) {
  return read_all(ByteSource(bytes, name));
}

std::map<std::string, std::string> read_safetensors_metadata(const std::filesystem::path& path) {
  return read_header(ByteSource(path)).metadata;
}

}  // namespace burin
