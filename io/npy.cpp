#include "io/npy.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "engine/error.h"
#include "io/atomic_file.h"
#include "io/file.h"
#include "io/npy_header.h"
#include "io/tensor_bytes.h"

namespace burin {
namespace {

using namespace npy;

constexpr std::string_view magic = "\x93NUMPY";
constexpr std::size_t longest_header = std::size_t{1} << 20;

template <class T>
T load(const std::uint8_t* p, bool swap) {
  std::array<std::uint8_t, sizeof(T)> bytes;
  std::memcpy(bytes.data(), p, sizeof(T));
  if (swap) std::reverse(bytes.begin(), bytes.end());
  return std::bit_cast<T>(bytes);
}

// The i-th element of the file to place `to` of the tensor.
void place(const Header& h, const std::uint8_t* in, std::uint8_t* out, std::int64_t from,
           std::int64_t to) {
  const auto n = static_cast<std::int64_t>(h.element->bytes);
  in += from * n;
  if (h.element->code == "f2") {
    const float value = half_to_float(load<std::uint16_t>(in, h.big_endian));
    std::memcpy(out + to * 4, &value, 4);
    return;
  }
  out += to * n;
  if (h.big_endian)
    std::reverse_copy(in, in + n, out);
  else
    std::memcpy(out, in, h.element->bytes);
}

Tensor convert(const Header& h, const Shape& shape, const std::uint8_t* in) {
  Tensor tensor = Tensor::empty(shape, h.element->type, Order::row_major);
  std::uint8_t* out = row_major_bytes(tensor).data();
  const std::int64_t count = shape.elements();
  const bool plain = !h.fortran && !h.big_endian && h.element->code != "f2";
  if (count == 0) return tensor;
  if (plain) {
    std::memcpy(out, in, row_major_bytes(tensor).size());
  } else if (!h.fortran) {
    for (std::int64_t i = 0; i < count; ++i) place(h, in, out, i, i);
  } else {
    // First axis fastest in the file: walk its order and carry the row-major place along.
    std::array<std::int64_t, Shape::max_rank> index{}, stride{};
    const auto rank = static_cast<std::size_t>(shape.rank());
    for (std::size_t axis = rank; axis-- > 0;)
      stride[axis] = axis + 1 == rank ? 1 : stride[axis + 1] * shape[static_cast<int>(axis) + 1];
    std::int64_t to = 0;
    for (std::int64_t i = 0; i < count; ++i) {
      place(h, in, out, i, to);
      for (std::size_t axis = 0; axis < rank; ++axis) {
        to += stride[axis];
        if (++index[axis] < shape[static_cast<int>(axis)]) break;
        to -= stride[axis] * index[axis];
        index[axis] = 0;
      }
    }
  }
  // A bool of another value than 0 and 1 is undefined to whoever reads it as one.
  if (h.element->type == DType::boolean)
    for (std::int64_t i = 0; i < count; ++i) out[i] = out[i] != 0;
  return tensor;
}

}  // namespace

Tensor decode_npy(std::span<const std::uint8_t> bytes, const std::string& name) {
  const std::string operation = "read " + name;
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (!text.starts_with(magic) || bytes.size() < 10)
    throw Error(operation, "an npy file", bytes.empty() ? "an empty file" : "other first bytes");
  const int version = bytes[6];
  if (version < 1 || version > 3)
    throw Error(operation, "npy version 1, 2 or 3", std::to_string(version));
  const std::size_t start = version == 1 ? 10 : 12;
  if (bytes.size() < start) throw Error(operation, "a whole npy file", "an early end");
  const std::size_t length =
      version == 1 ? load<std::uint16_t>(&bytes[8], false) : load<std::uint32_t>(&bytes[8], false);
  if (length > longest_header || length > bytes.size() - start)
    throw Error(operation, "a header within the file and of at most 1 MiB", std::to_string(length));
  const Header header = parse_header(text.substr(start, length), operation);

  const std::size_t data = bytes.size() - start - length;
  std::uint64_t needed = header.element->bytes;
  for (const std::int64_t size : header.sizes)
    if (__builtin_mul_overflow(needed, static_cast<std::uint64_t>(size), &needed))
      throw Error(operation, "sizes whose product fits in 64 bits", "larger ones");
  if (needed != data)
    throw Error(operation, std::to_string(needed) + " bytes of numbers", std::to_string(data));
  return convert(header, checked_shape(header.sizes, operation), bytes.data() + start + length);
}

Tensor read_npy(const std::filesystem::path& path) {
  return decode_npy(read_file(path), path.string());
}

std::vector<std::uint8_t> encode_npy(const Tensor& tensor) {
  const Element* element = nullptr;
  for (const Element& e : elements)
    if (e.type == tensor.dtype() && e.code != "f2") element = &e;
  if (element == nullptr)
    throw Error("write npy", "a type that NumPy has", std::string(dtype_name(tensor.dtype())));
  std::string header = "{'descr': '";
  header += element->bytes == 1 ? '|' : '<';
  header += std::string(element->code) + "', 'fortran_order': False, 'shape': (";
  const auto sizes = tensor.shape().sizes();
  for (std::size_t i = 0; i < sizes.size(); ++i)
    header += (i > 0 ? ", " : "") + std::to_string(sizes[i]);
  header += sizes.size() == 1 ? ",), }" : "), }";
  while ((10 + header.size() + 1) % 64 != 0) header += ' ';  // numbers start at a multiple of 64
  header += '\n';

  std::string head(magic);
  head +=
      {'\1', '\0', static_cast<char>(header.size() & 255), static_cast<char>(header.size() >> 8)};
  head += header;
  const Tensor dense = to_row_major(tensor);
  const auto numbers = row_major_bytes(dense);
  std::vector<std::uint8_t> bytes(head.size() + numbers.size());
  std::copy(head.begin(), head.end(), bytes.begin());
  std::copy(numbers.begin(), numbers.end(),
            bytes.begin() + static_cast<std::ptrdiff_t>(head.size()));
  return bytes;
}

void write_npy(const std::filesystem::path& path, const Tensor& tensor) {
  write_file(path, encode_npy(tensor));
}

}  // namespace burin
