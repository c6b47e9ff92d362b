#include <zlib.h>

#include "engine/error.h"
#include "io/atomic_file.h"
#include "io/zip.h"

namespace burin {
namespace {

using namespace zip;

void put(std::vector<std::uint8_t>& out,
         std::initializer_list<std::pair<std::uint64_t, int>> numbers) {
  for (const auto& [value, count] : numbers)
    for (int i = 0; i < count; ++i) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

constexpr std::uint64_t first_date = 0x21;  // 1 January 1980, the format's zero

}  // namespace

void write_zip(const std::filesystem::path& path, std::span<const ZipEntry> entries) {
  const auto check = [&](bool good, const char* expected, std::uint64_t got) {
    if (!good) throw Error("write " + path.string(), expected, std::to_string(got));
  };
  check(entries.size() < 0xffff, "less than 65,535 arrays in one npz", entries.size());
  AtomicFile file(path);
  std::vector<std::uint8_t> directory;
  for (const auto& [name, bytes] : entries) {
    const std::uint64_t offset = file.written(), size = bytes.size();
    check(offset + size < in_extra, "less than 4 GiB in one npz", offset + size);
    check(name.size() < 0xffff, "short names", name.size());
    const std::uint64_t crc = crc32_z(0, bytes.data(), bytes.size());
    std::vector<std::uint8_t> header;
    put(header, {{local_mark, 4},
                 {20, 2},
                 {0, 2},
                 {0, 2},
                 {0, 2},
                 {first_date, 2},
                 {crc, 4},
                 {size, 4},
                 {size, 4},
                 {name.size(), 2},
                 {0, 2}});
    file.write(header);
    file.write(name);
    file.write(bytes);
    put(directory, {{central_mark, 4},
                    {20, 2},
                    {20, 2},
                    {0, 2},
                    {0, 2},
                    {0, 2},
                    {first_date, 2},
                    {crc, 4},
                    {size, 4},
                    {size, 4},
                    {name.size(), 2},
                    {0, 2},
                    {0, 2},
                    {0, 2},
                    {0, 2},
                    {0, 4},
                    {offset, 4}});
    directory.insert(directory.end(), name.begin(), name.end());
  }
  const std::uint64_t start = file.written(), count = entries.size();
  check(start < in_extra, "less than 4 GiB in one npz", start);
  const std::uint64_t size = directory.size();
  put(directory, {{end_mark, 4}, {0, 4}, {count, 2}, {count, 2}, {size, 4}, {start, 4}, {0, 2}});
  file.write(directory);
  file.commit();
}

}  // namespace burin
