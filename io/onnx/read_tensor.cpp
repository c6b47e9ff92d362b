#include "io/onnx/read_tensor.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "engine/error.h"
#include "io/in_quotes.h"
#include "io/tensor_bytes.h"

namespace burin::onnx_file {
namespace {

using onnx::TensorProto;

Shape shape_of(const TensorProto& proto, const std::string& operation, const std::string& where) {
  if (proto.dims_size() > Shape::max_rank)
    throw Error(operation, "at most 6 dims in " + where, std::to_string(proto.dims_size()));
  for (const std::int64_t size : proto.dims())
    if (size < 0) throw Error(operation, "dims >= 0 in " + where, std::to_string(size));
  try {
    return Shape(std::span(proto.dims().data(), static_cast<std::size_t>(proto.dims_size())));
  } catch (const Error& error) {
    throw Error(operation, error.expected() + " in dims of " + where, error.got());
  }
}

std::uint64_t bytes_of(const Shape& shape, DType type, const std::string& operation,
                       const std::string& where) {
  std::uint64_t bytes = 0;
  if (__builtin_mul_overflow(static_cast<std::uint64_t>(shape.elements()),
                             std::uint64_t{size_of(type)}, &bytes))
    throw Error(operation, "fewer than 2^64 bytes in " + where, shape.text());
  return bytes;
}

template <class T, class Field>
Tensor from_field(const Field& field, const Shape& shape, const std::string& operation,
                  const std::string& where) {
  if (field.size() != shape.elements())
    throw Error(operation, std::to_string(shape.elements()) + " numbers in " + where,
                std::to_string(field.size()));
  const Tensor tensor = Tensor::empty(shape, dtype_of<T>, Order::row_major);
  std::transform(field.begin(), field.end(), tensor.data<T>(), [&](auto value) {
    if (static_cast<decltype(value)>(static_cast<T>(value)) != value && value == value)
      throw Error(operation,
                  "numbers of type " + std::string(dtype_name(dtype_of<T>)) + " in " + where,
                  std::to_string(value));
    return static_cast<T>(value);
  });
  return tensor;
}

Tensor from_fields(const TensorProto& proto, const Shape& shape, DType type,
                   const std::string& operation, const std::string& where) {
  switch (type) {
    case DType::f32:
      return from_field<float>(proto.float_data(), shape, operation, where);
    case DType::f64:
      return from_field<double>(proto.double_data(), shape, operation, where);
    case DType::i64:
      return from_field<std::int64_t>(proto.int64_data(), shape, operation, where);
    case DType::i32:
      return from_field<std::int32_t>(proto.int32_data(), shape, operation, where);
    case DType::s8:
      return from_field<std::int8_t>(proto.int32_data(), shape, operation, where);
    case DType::u8:
      return from_field<std::uint8_t>(proto.int32_data(), shape, operation, where);
    case DType::bf16:
      return from_field<std::uint16_t>(proto.int32_data(), shape, operation, where);
    case DType::boolean:
      break;
  }
  return from_field<bool>(proto.int32_data(), shape, operation, where);
}

// fill(bytes of the tensor)
template <class Fill>
Tensor from_raw(std::uint64_t given, const Shape& shape, DType type, const std::string& operation,
                const std::string& where, const Fill& fill) {
  const std::uint64_t bytes = bytes_of(shape, type, operation, where);
  if (given != bytes)
    throw Error(operation, std::to_string(bytes) + " bytes of raw_data in " + where,
                std::to_string(given));
  const Tensor tensor = Tensor::empty(shape, type, Order::row_major);
  fill(row_major_bytes(tensor));
  return tensor;
}

void check_booleans(const Tensor& tensor, const std::string& operation, const std::string& where) {
  if (tensor.dtype() != DType::boolean) return;
  for (const std::uint8_t v : row_major_bytes(tensor))
    if (v > 1) throw Error(operation, "0 or 1 in " + where, std::to_string(v));
}

// The path of a file below the folder, links resolved.
std::filesystem::path inside(const std::filesystem::path& folder, const std::string& location,
                             const std::string& operation, const std::string& where) {
  const Error outside(operation, "external data inside the folder of the model in " + where,
                      in_quotes(location));
  const std::filesystem::path relative(location);
  if (location.empty() || location.find('\0') != std::string::npos || relative.is_absolute())
    throw outside;
  for (const auto& part : relative)
    if (part == "..") throw outside;
  std::error_code failed;
  const auto root = std::filesystem::canonical(folder, failed);
  const auto path =
      failed ? std::filesystem::path() : std::filesystem::canonical(folder / relative, failed);
  if (failed)
    throw Error(operation, "external data that can be read in " + where, in_quotes(location));
  if (std::mismatch(root.begin(), root.end(), path.begin(), path.end()).first != root.end())
    throw outside;
  return path;
}

}  // namespace

std::variant<DType, OnnxForeign> type_of(int data_type) {
  switch (data_type) {
    case TensorProto::FLOAT:
      return DType::f32;
    case TensorProto::DOUBLE:
      return DType::f64;
    case TensorProto::BFLOAT16:
      return DType::bf16;
    case TensorProto::UINT8:
      return DType::u8;
    case TensorProto::INT8:
      return DType::s8;
    case TensorProto::INT32:
      return DType::i32;
    case TensorProto::INT64:
      return DType::i64;
    case TensorProto::BOOL:
      return DType::boolean;
    default:
      break;
  }
  std::string name = TensorProto::DataType_IsValid(data_type)
                         ? TensorProto::DataType_Name(data_type)
                         : "type " + std::to_string(data_type);
  std::transform(name.begin(), name.end(), name.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return OnnxForeign{name};
}

ExternalData::Place ExternalData::place_of(const TensorProto& proto,
                                           const std::string& where) const {
  Place place;
  for (const auto& entry : proto.external_data()) {
    const std::string& text = entry.value();
    if (entry.key() == "location") place.location = text;
    if (entry.key() != "offset" && entry.key() != "length") continue;
    std::uint64_t number = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
    if (result.ec != std::errc() || result.ptr != text.data() + text.size())
      throw Error(operation_, "a whole number as external " + entry.key() + " of " + where,
                  in_quotes(text));
    if (entry.key() == "offset")
      place.offset = number;
    else
      place.length = number;
  }
  return place;
}

ExternalData::File& ExternalData::file(const std::string& location, const std::string& where) {
  const auto path = inside(folder_, location, operation_, where);
  File& file = files_[path.string()];
  if (file.source == nullptr) {
    file.source = std::make_unique<ByteSource>(path);
    bytes_ += file.source->size();
  }
  return file;
}

Tensor ExternalData::read(const TensorProto& proto, const Shape& shape, DType type,
                          const std::string& where) {
  const std::uint64_t bytes = bytes_of(shape, type, operation_, where);
  if (folder_.empty())
    throw Error(operation_, "numbers inside the model in " + where, "external data");
  const Place place = place_of(proto, where);
  if (place.length.value_or(bytes) != bytes)
    throw Error(operation_, std::to_string(bytes) + " bytes of external data for " + where,
                std::to_string(*place.length));
  File& from = file(place.location, where);
  const std::uint64_t size = from.source->size();
  if (place.offset > size || bytes > size - place.offset)
    throw Error(operation_,
                std::to_string(bytes) + " bytes at " + std::to_string(place.offset) + " of " +
                    in_quotes(place.location) + " for " + where,
                "a file of " + std::to_string(size));
  const auto key = std::pair(place.offset, bytes);
  if (const auto known = from.parts.find(key); known != from.parts.end())
    if (known->second.dtype() == type && known->second.shape() == shape) return known->second;
  from.read += bytes;
  if (from.read > size)
    throw Error(operation_, "tensors that do not overlap in " + in_quotes(place.location), where);
  const Tensor tensor = Tensor::empty(shape, type, Order::row_major);
  from.source->read(place.offset, row_major_bytes(tensor));
  from.parts.emplace(key, tensor);
  return tensor;
}

OnnxTensor read_tensor(TensorProto& proto, const std::string& where, const TensorSource& source) {
  const std::string& operation = source.file.operation();
  const auto type = type_of(proto.data_type());
  if (const auto* foreign = std::get_if<OnnxForeign>(&type)) return *foreign;
  const DType known = std::get<DType>(type);
  if (proto.has_segment()) throw Error(operation, "no segment in " + where, "one");
  const Shape shape = shape_of(proto, operation, where);
  Tensor tensor;
  if (proto.data_location() == TensorProto::EXTERNAL)
    tensor = source.external.read(proto, shape, known, where);
  else if (source.raw)
    tensor = from_raw(source.raw->bytes, shape, known, operation, where,
                      [&](auto to) { read_raw(source.file, *source.raw, to); });
  else if (proto.has_raw_data())
    tensor = from_raw(proto.raw_data().size(), shape, known, operation, where,
                      [&](auto to) { std::memcpy(to.data(), proto.raw_data().data(), to.size()); });
  else
    tensor = from_fields(proto, shape, known, operation, where);
  check_booleans(tensor, operation, where);
  proto.Clear();
  return tensor;
}

}  // namespace burin::onnx_file
