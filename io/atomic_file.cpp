#include "io/atomic_file.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <system_error>

#include "engine/error.h"

namespace burin {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view mark = ".tmp.";

[[noreturn]] void refuse(const fs::path& path, const std::string& expected,
                         const std::string& got) {
  throw Error("write " + path.string(), expected, got);
}

// The file that a link stands for; what exists must be a regular file, since rename would replace a
// device or a pipe.
fs::path target_of(const fs::path& path) {
  std::error_code error;
  if (path.filename().empty()) refuse(path, "the name of a file", "a folder");
  fs::path target = path;
  if (fs::is_symlink(fs::symlink_status(path, error))) {
    target = fs::weakly_canonical(path, error);
    if (error) refuse(path, "a link that can be followed", error.message());
  }
  const fs::file_status status = fs::status(target, error);
  if (fs::exists(status) && !fs::is_regular_file(status))
    refuse(path, "a regular file", fs::is_directory(status) ? "a folder" : "something else");
  return target;
}

[[noreturn]] void refuse_write(const fs::path& path, int code) {
  refuse(path, "a file that can be written", std::strerror(code));
}

// 0 or errno.
int sync(int descriptor) {
  while (fsync(descriptor) != 0)
    if (errno != EINTR) return errno;
  return 0;
}

int sync_folder(const fs::path& folder) {
  const int descriptor =
      open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return errno;
  const int code = sync(descriptor);
  close(descriptor);
  return code == EINVAL ? 0 : code;  // EINVAL: a file system without fsync of folders
}

}  // namespace

AtomicFile::AtomicFile(const fs::path& path) : path_(target_of(path)) {
  static std::atomic<unsigned> number{0};
  temporary_ = path_;
  temporary_ += std::string(mark) + std::to_string(getpid()) + "." + std::to_string(number++);
  descriptor_ = open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (descriptor_ < 0) fail(errno);
}

AtomicFile::~AtomicFile() {
  if (descriptor_ >= 0) close(descriptor_);
  if (!temporary_.empty()) unlink(temporary_.c_str());
}

void AtomicFile::fail(int code) const { refuse_write(path_, code); }

void AtomicFile::write(std::span<const std::uint8_t> bytes) {
  constexpr std::size_t most = std::size_t{1} << 30;
  while (!bytes.empty()) {
    const ssize_t n = ::write(descriptor_, bytes.data(), std::min(bytes.size(), most));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail(errno);
    bytes = bytes.subspan(static_cast<std::size_t>(n));
    written_ += static_cast<std::uint64_t>(n);
  }
}

void AtomicFile::write(std::string_view text) {
  write({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

void AtomicFile::commit() {
  if (const int code = sync(descriptor_); code != 0) fail(code);
  const int closed = close(descriptor_);
  descriptor_ = -1;
  if (closed != 0) fail(errno);
  rename_file(temporary_, path_);
  temporary_.clear();
}

void rename_file(const fs::path& from, const fs::path& to) {
  if (rename(from.c_str(), to.c_str()) != 0) refuse_write(to, errno);
  if (const int code = sync_folder(to.parent_path()); code != 0) refuse_write(to, code);
}

void write_file(const fs::path& path, std::span<const std::uint8_t> bytes) {
  AtomicFile file(path);
  file.write(bytes);
  file.commit();
}

void write_file(const fs::path& path, std::string_view text) {
  write_file(path, {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

void make_folder(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) refuse(path, "a folder that can be made", error.message());
  if (!fs::is_directory(path, error)) refuse(path, "a folder", "a file");
}

void remove_stale_temporaries(const fs::path& folder) noexcept try {
  std::error_code error;
  for (fs::directory_iterator i(folder, error), end; !error && i != end; i.increment(error)) {
    const std::string name = i->path().filename().string();
    const std::size_t at = name.rfind(mark);
    if (at == std::string::npos) continue;
    const char* const last = name.data() + name.size();
    int process = 0, number = 0;
    const auto first = std::from_chars(name.data() + at + mark.size(), last, process);
    if (first.ec != std::errc() || first.ptr == last || *first.ptr != '.') continue;
    const auto second = std::from_chars(first.ptr + 1, last, number);
    if (second.ec != std::errc() || second.ptr != last || process <= 0) continue;
    if (kill(process, 0) != 0 && errno == ESRCH) unlink(i->path().c_str());
  }
} catch (...) {  // out of memory: nothing is lost by leaving them
}

}  // namespace burin
