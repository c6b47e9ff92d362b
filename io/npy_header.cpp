#include "io/npy_header.h"

#include <charconv>

#include "engine/error.h"
#include "engine/tensor/shape.h"
#include "io/in_quotes.h"

namespace burin::npy {
namespace {

// The grammar of the header and no more:
//   {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }
class HeaderParser {
 public:
  HeaderParser(std::string_view text, const std::string& operation)
      : text_(text), operation_(operation) {}

  Header parse() {
    Header header;
    unsigned seen = 0;
    need('{');
    while (!take('}')) {
      const std::string_view key = text();
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
                text_.empty() ? "its end" : in_quotes(text_.substr(0, 20)));
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
  std::string_view text() {
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
    const std::string_view value = text();
    if (value.size() == 3 && std::string_view("<>|=").find(value[0]) != std::string_view::npos) {
      header.big_endian = value[0] == '>';
      for (const Element& e : elements)
        if (e.code == value.substr(1)) header.element = &e;
    }
    if (header.element == nullptr)
      throw Error(operation_, "elements f2 f4 f8 u1 i1 i4 i8 or b1",
                  in_quotes(value.substr(0, 20)));
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

}  // namespace

Header parse_header(std::string_view text, const std::string& operation) {
  return HeaderParser(text, operation).parse();
}

}  // namespace burin::npy
