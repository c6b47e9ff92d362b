#include "io/npy.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstring>
#include <optional>

#include "engine/error.h"
#include "io/atomic_file.h"
#include "io/file.h"
#include "io/tensor_bytes.h"

namespace burin {
namespace {

constexpr std::string_view magic = "\x93NUMPY";
constexpr std::size_t longest_header = std::size_t{1} << 20;

struct Element {
  std::string_view code;  // as in 'descr', without the byte order
  std::size_t bytes;
  DType type;
};
constexpr Element elements[] = {
    {"f4", 4, DType::f32}, {"f8", 8, DType::f64}, {"f2", 2, DType::f32}, {"u1", 1, DType::u8},
    {"i1", 1, DType::s8},  {"i4", 4, DType::i32}, {"i8", 8, DType::i64}, {"b1", 1, DType::boolean}};

struct Header {
  const Element* element = nullptr;
  bool big_endian = false, fortran = false;
  std::vector<std::int64_t> sizes;
};

// The grammar of the header and no more: {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4),
// }
class HeaderParser {
 public:
  HeaderParser(std::string_view text, const std::string& operation)
      : text_(text), operation_(operation) {}

  Header parse() {
    Header header;
    unsigned seen = 0;
    need('{');
    while (!take('}')) {
      const std::string_view key = quoted();
      need(':');
      const unsigned bit = key == "descr" ? 1 : key == "fortran_order" ? 2 : key == "shape" ? 4 : 0;
      if (bit == 0 || (seen & bit) != 0) fail("each key once");
      seen |= bit;
      if (bit == 1) descr(header);
      if (bit == 2) header.fortran = boolean();
      if (bit == 4) header.sizes = shape();
      if (!take(',') && peek() != '}') fail("',' or '}'");
    }
    if (seen != 7) fail("descr, fortran_order and shape");
    if (skip_space(); !text_.empty()) fail("an end");
    return header;
  }

 private:
  [[noreturn]] void fail(const char* expected) const {
    throw Error(operation_, std::string("an npy header with ") + expected,
                text_.empty() ? "its end" : "\"" + printable(text_.substr(0, 20)) + "\"");
  }
  static std::string printable(std::string_view text) {
    std::string out(text);
    for (char& c : out)
      if (c < ' ' || c > '~') c = '?';
    return out;
  }
  void skip_space() {
    while (!text_.empty() && (text_[0] == ' ' || text_[0] == '\n' || text_[0] == '\t'))
      text_.remove_prefix(1);
  }
  char peek() {
    skip_space();
    return text_.empty() ? '\0' : text_[0];
  }
  bool take(char c) {
    if (peek() != c || text_.empty()) return false;
    text_.remove_prefix(1);
    return true;
  }
  void need(char c) {
    if (!take(c)) fail(std::string({'\'', c, '\''}).c_str());
  }
  std::string_view quoted() {
    const char quote = peek();
    if (quote != '\'' && quote != '"') fail("a string");
    text_.remove_prefix(1);
    const std::size_t end = text_.find(quote);
    if (end == std::string_view::npos) fail("a closing quote");
    const std::string_view value = text_.substr(0, end);
    text_.remove_prefix(end + 1);
    return value;
  }
  bool boolean() {
    skip_space();
    for (const std::string_view word : {"True", "False"})
      if (text_.starts_with(word)) {
        text_.remove_prefix(word.size());
        return word == "True";
      }
    fail("True or False");
  }
  void descr(Header& header) {
    if (peek() == '[') fail("one element type (no records)");
    const std::string_view value = quoted();
    if (value.size() == 3 && std::string_view("<>|=").find(value[0]) != std::string_view::npos) {
      header.big_endian = value[0] == '>';
      for (const Element& e : elements)
        if (e.code == value.substr(1)) header.element = &e;
    }
    if (header.element == nullptr)
      throw Error(operation_, "elements f2 f4 f8 u1 i1 i4 i8 or b1",
                  printable(value.substr(0, 20)));
  }
  std::vector<std::int64_t> shape() {
    std::vector<std::int64_t> sizes;
    need('(');
    while (!take(')')) {
      if (sizes.size() == Shape::max_rank) fail("at most 6 axes");
      skip_space();
      std::int64_t size = 0;
      const auto [end, code] = std::from_chars(text_.data(), text_.data() + text_.size(), size);
      if (code != std::errc() || size < 0) fail("a size");
      text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
      sizes.push_back(size);
      if (!take(',') && peek() != ')') fail("',' or ')'");
    }
    return sizes;
  }

  std::string_view text_;
  const std::string& operation_;
};

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
  const Header header = HeaderParser(text.substr(start, length), operation).parse();

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
