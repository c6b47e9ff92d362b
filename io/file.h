// Whole files and byte ranges, with the size checked before memory is taken.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace burin {

// "read <path>": the operation of every reader's Error.
[[nodiscard]] std::string reading(const std::filesystem::path& path);

// Throws Error when the file is missing, no regular file, unreadable or longer than max_bytes.
[[nodiscard]] std::vector<std::uint8_t> read_file(const std::filesystem::path& path,
                                                  std::uint64_t max_bytes = std::uint64_t{1} << 34);

// Bytes that can be read at any place: a file or a piece of memory.
class ByteSource {
 public:
  // Opens a regular file. Throws Error.
  explicit ByteSource(const std::filesystem::path& path);
  // The bytes must outlive the source; `name` stands in errors where a path would.
  ByteSource(std::span<const std::uint8_t> bytes, std::string name);
  ~ByteSource();
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;

  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  [[nodiscard]] const std::string& operation() const noexcept { return operation_; }
  // Fills `out` from `offset`. Throws Error beyond the end or when the file shrinks under us.
  void read(std::uint64_t offset, std::span<std::uint8_t> out) const;

 private:
  std::span<const std::uint8_t> memory_;
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
  std::string operation_;
};

}  // namespace burin
