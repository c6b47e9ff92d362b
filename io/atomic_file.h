// Files that are either the old one or the new one, never half of it: a temporary file in the same
// folder, fsync, rename, fsync of the folder. Whole files are written through here; what is not is
// history.jsonl, which grows by lines (train/history.h).
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace burin {

class AtomicFile {
 public:
  // Creates "<path>.tmp.<process>.<number>". A link is followed; what exists must be a regular
  // file. Throws Error{"write <path>", ...} as do all members.
  explicit AtomicFile(const std::filesystem::path& path);
  ~AtomicFile();  // without commit(): removes the temporary file, the old file stays
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(std::span<const std::uint8_t> bytes);
  void write(std::string_view text);
  void commit();

  [[nodiscard]] std::uint64_t written() const noexcept { return written_; }

 private:
  [[noreturn]] void fail(int code) const;

  std::filesystem::path path_, temporary_;
  int descriptor_ = -1;
  std::uint64_t written_ = 0;
};

void write_file(const std::filesystem::path& path, std::span<const std::uint8_t> bytes);
void write_file(const std::filesystem::path& path, std::string_view text);

// Moves a file that is on the disk already to a name in the same folder, in place of what has that
// name, and syncs the folder. Throws Error{"write <to>", ...}.
void rename_file(const std::filesystem::path& from, const std::filesystem::path& to);

// Makes a folder and its parents; throws Error{"write <path>", "a folder that can be made", ...}.
void make_folder(const std::filesystem::path& path);

// Removes temporary files of AtomicFile whose process is gone. Errors are ignored.
void remove_stale_temporaries(const std::filesystem::path& folder) noexcept;

}  // namespace burin
