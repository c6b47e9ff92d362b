#include "io/zip.h"

#include <zlib.h>

#include <algorithm>
#include <set>

#include "engine/error.h"
#include "io/in_quotes.h"

namespace burin {
namespace {

using namespace zip;

struct Directory {
  std::uint64_t entries = 0, offset = 0, bytes = 0;
};

struct Record {
  std::string name;
  std::uint32_t flags = 0, method = 0, crc = 0;
  std::uint64_t packed = 0, unpacked = 0, local = 0;  // local: offset of the local header
};

class Reader {
 public:
  Reader(std::span<const std::uint8_t> bytes, const std::string& operation, const ZipLimits& limits)
      : bytes_(bytes), operation_(operation), limits_(limits) {}

  std::vector<ZipEntry> read() {
    const Directory directory = find_directory();
    if (directory.entries > limits_.entries)
      fail("at most " + std::to_string(limits_.entries) + " entries",
           std::to_string(directory.entries));
    std::vector<ZipEntry> entries;
    std::set<std::string> names;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges{
        {directory.offset, directory.bytes}};
    std::uint64_t at = directory.offset, total = 0;
    for (std::uint64_t i = 0; i < directory.entries; ++i) {
      const Record record = central_record(at);
      if (!names.insert(record.name).second)
        fail("each name once", in_quotes(record.name) + " twice");
      if (record.unpacked > limits_.bytes - total)
        fail("at most " + std::to_string(limits_.bytes) + " bytes unpacked", "more");
      total += record.unpacked;
      const std::uint64_t data = data_of(record);
      ranges.emplace_back(record.local, data + record.packed - record.local);
      entries.push_back({record.name, unpack(record, data)});
    }
    check_overlap(std::move(ranges));
    return entries;
  }

 private:
  [[noreturn]] void fail(const std::string& expected, const std::string& got) const {
    throw Error(operation_, expected, got);
  }

  // Little-endian number of `count` bytes.
  [[nodiscard]] std::uint64_t number(std::uint64_t at, int count) const {
    need(at, static_cast<std::uint64_t>(count));
    std::uint64_t value = 0;
    for (int i = 0; i < count; ++i)
      value |= std::uint64_t{bytes_[at + static_cast<std::uint64_t>(i)]} << (8 * i);
    return value;
  }
  void need(std::uint64_t at, std::uint64_t count) const {
    if (at > bytes_.size() || count > bytes_.size() - at)
      fail("a whole zip file", "an end at byte " + std::to_string(bytes_.size()));
  }

  // The end record is the last thing but a comment of at most 65,535 bytes.
  [[nodiscard]] Directory find_directory() const {
    constexpr std::uint64_t size = 22;
    if (bytes_.size() < size) fail("a zip file", std::to_string(bytes_.size()) + " bytes");
    const std::uint64_t last = bytes_.size() - size;
    const std::uint64_t first = last > 65535 ? last - 65535 : 0;
    for (std::uint64_t at = last + 1; at-- > first;)
      if (number(at, 4) == end_mark && number(at + 20, 2) == last - at) return directory_at(at);
    fail("a whole zip file", "no end record");
  }
  [[nodiscard]] Directory directory_at(std::uint64_t end) const {
    Directory d{number(end + 10, 2), number(end + 16, 4), number(end + 12, 4)};
    if (number(end + 4, 4) != 0 || number(end + 8, 2) != d.entries)
      fail("one zip file", "a part of several");
    if (d.entries == 0xffff || d.offset == in_extra || d.bytes == in_extra) {
      if (end < 20 || number(end - 20, 4) != locator_mark) fail("a 64-bit end record", "none");
      const std::uint64_t end64 = number(end - 12, 8);
      if (number(end64, 4) != end64_mark) fail("a 64-bit end record", "something else");
      d = {number(end64 + 32, 8), number(end64 + 48, 8), number(end64 + 40, 8)};
    }
    need(d.offset, d.bytes);
    if (d.entries > d.bytes / 46) fail("a directory for its entries", "a shorter one");
    return d;
  }

  [[nodiscard]] std::string text(std::uint64_t at, std::uint64_t length) const {
    need(at, length);
    return {reinterpret_cast<const char*>(bytes_.data()) + at, length};
  }

  Record central_record(std::uint64_t& at) const {
    if (number(at, 4) != central_mark) fail("a directory entry", "something else");
    Record r;
    r.flags = static_cast<std::uint32_t>(number(at + 8, 2));
    r.method = static_cast<std::uint32_t>(number(at + 10, 2));
    r.crc = static_cast<std::uint32_t>(number(at + 16, 4));
    r.packed = number(at + 20, 4);
    r.unpacked = number(at + 24, 4);
    r.local = number(at + 42, 4);
    const std::uint64_t name = number(at + 28, 2), extra = number(at + 30, 2),
                        comment = number(at + 32, 2);
    r.name = text(at + 46, name);
    wide_sizes(r, at + 46 + name, extra);
    at += 46 + name + extra + comment;
    if (r.name.empty() || r.name.find_first_of(std::string_view("/\\\0", 3)) != std::string::npos)
      fail("entry names without separators", "another");
    if (r.flags & 1) fail("no encryption", "an encrypted entry");
    if (r.method != 0 && r.method != 8)
      fail("stored or deflated entries", "method " + std::to_string(r.method));
    if (r.unpacked / limits_.ratio > r.packed)
      fail("at most " + std::to_string(limits_.ratio) + " times the packed size",
           std::to_string(r.packed) + " to " + std::to_string(r.unpacked) + " bytes");
    return r;
  }
  // Extra field 1 holds those of the three numbers that did not fit, in this order.
  void wide_sizes(Record& r, std::uint64_t at, std::uint64_t length) const {
    need(at, length);
    for (const std::uint64_t end = at + length; at + 4 <= end;) {
      const std::uint64_t kind = number(at, 2), size = number(at + 2, 2);
      if (size > end - at - 4) fail("extra fields within their entry", "a longer one");
      std::uint64_t from = at + 4;
      for (std::uint64_t* value : {&r.unpacked, &r.packed, &r.local})
        if (kind == 1 && *value == in_extra) {
          if (from + 8 > at + 4 + size) fail("a 64-bit size", "a shorter field");
          *value = number(from, 8);
          from += 8;
        }
      at += 4 + size;
    }
  }

  // Offset of the packed bytes. The local header must tell the same story as the directory.
  std::uint64_t data_of(const Record& r) const {
    if (number(r.local, 4) != local_mark)
      fail("an entry where the directory says", "something else");
    const std::uint64_t name = number(r.local + 26, 2), extra = number(r.local + 28, 2);
    Record local;
    local.crc = static_cast<std::uint32_t>(number(r.local + 14, 4));
    local.packed = number(r.local + 18, 4);
    local.unpacked = number(r.local + 22, 4);
    wide_sizes(local, r.local + 30 + name, extra);
    const bool later = (r.flags & 8) != 0;  // sizes follow the data
    const bool same =
        later || (local.crc == r.crc && local.packed == r.packed && local.unpacked == r.unpacked);
    if (number(r.local + 8, 2) != r.method || text(r.local + 30, name) != r.name || !same)
      fail("the same entry in both headers", "a difference in " + in_quotes(r.name));
    const std::uint64_t data = r.local + 30 + name + extra;
    need(data, r.packed);
    return data;
  }

  std::vector<std::uint8_t> unpack(const Record& r, std::uint64_t at) const {
    const auto packed = bytes_.subspan(at, r.packed);
    std::vector<std::uint8_t> out;
    if (r.method == 0) {
      if (r.packed != r.unpacked) fail("equal sizes of a stored entry", "a difference");
      out.assign(packed.begin(), packed.end());
    } else {
      out.resize(r.unpacked);
      if (!inflate_into(packed, out)) fail("whole deflated data", "damage in " + in_quotes(r.name));
    }
    if (crc32_z(0, out.data(), out.size()) != r.crc)
      fail("the checksum of " + in_quotes(r.name), "another");
    return out;
  }
  static bool inflate_into(std::span<const std::uint8_t> in, std::span<std::uint8_t> out) {
    z_stream stream{};
    if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) throw std::bad_alloc();
    constexpr std::size_t most = std::size_t{1} << 30;  // zlib counts in 32 bits
    std::uint8_t nothing = 0;
    std::size_t read = 0, written = 0;
    int code = Z_OK;
    while (code == Z_OK) {
      const std::size_t in_now = std::min(in.size() - read, most);
      const std::size_t out_now = std::min(out.size() - written, most);
      stream.next_in = const_cast<Bytef*>(in.data() + read);
      stream.avail_in = static_cast<uInt>(in_now);
      stream.next_out = out_now > 0 ? out.data() + written : &nothing;
      stream.avail_out = static_cast<uInt>(out_now);
      code = inflate(&stream, Z_NO_FLUSH);
      read += in_now - stream.avail_in;
      written += out_now - stream.avail_out;
    }
    inflateEnd(&stream);
    return code == Z_STREAM_END && read == in.size() && written == out.size();
  }

  void check_overlap(std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges) const {
    std::sort(ranges.begin(), ranges.end());
    for (std::size_t i = 1; i < ranges.size(); ++i)
      if (ranges[i].first - ranges[i - 1].first < ranges[i - 1].second)
        fail("entries one after the other", "two that overlap");
  }

  std::span<const std::uint8_t> bytes_;
  const std::string& operation_;
  const ZipLimits& limits_;
};

}  // namespace

std::vector<ZipEntry> read_zip(std::span<const std::uint8_t> bytes, const std::string& operation,
                               const ZipLimits& limits) {
  return Reader(bytes, operation, limits).read();
}

}  // namespace burin
