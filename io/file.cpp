#include "io/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "engine/error.h"

namespace burin {

std::string reading(const std::filesystem::path& path) { return "read " + path.string(); }

ByteSource::ByteSource(const std::filesystem::path& path) : operation_(reading(path)) {
  // O_NONBLOCK: opening a pipe must not wait for a writer.
  descriptor_ = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor_ < 0) throw Error(operation_, "a readable file", std::strerror(errno));
  struct stat status {};
  const bool known = fstat(descriptor_, &status) == 0;
  if (!known || !S_ISREG(status.st_mode)) {
    close(descriptor_);
    throw Error(operation_, "a regular file",
                known && S_ISDIR(status.st_mode) ? "a folder" : "something else");
  }
  size_ = static_cast<std::uint64_t>(status.st_size);
}

ByteSource::ByteSource(std::span<const std::uint8_t> bytes, std::string name)
    : memory_(bytes), size_(bytes.size()), operation_("read " + std::move(name)) {}

ByteSource::~ByteSource() {
  if (descriptor_ >= 0) close(descriptor_);
}

void ByteSource::read(std::uint64_t offset, std::span<std::uint8_t> out) const {
  if (offset > size_ || out.size() > size_ - offset)
    throw Error(operation_, std::to_string(out.size()) + " bytes at " + std::to_string(offset),
                "a file of " + std::to_string(size_));
  if (out.empty()) return;
  if (descriptor_ < 0) {
    std::memcpy(out.data(), memory_.data() + offset, out.size());
    return;
  }
  constexpr std::size_t most = std::size_t{1} << 30;  // Linux reads at most 2 GiB at once
  for (std::size_t done = 0; done < out.size();) {
    const ssize_t n = pread(descriptor_, out.data() + done, std::min(out.size() - done, most),
                            static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw Error(operation_, "a readable file", std::strerror(errno));
    if (n == 0)
      throw Error(operation_, std::to_string(size_) + " bytes",
                  "an end at " + std::to_string(offset + done));
    done += static_cast<std::size_t>(n);
  }
}

std::vector<std::uint8_t> read_file(const std::filesystem::path& path, std::uint64_t max_bytes) {
  const ByteSource source(path);
  if (source.size() > max_bytes)
    throw Error(source.operation(), "at most " + std::to_string(max_bytes) + " bytes",
                std::to_string(source.size()));
  std::vector<std::uint8_t> bytes(source.size());
  source.read(0, bytes);
  return bytes;
}

}  // namespace burin
