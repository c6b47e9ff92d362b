#include "train/history.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>

#include "engine/error.h"
#include "io/atomic_file.h"
#include "io/file.h"

namespace burin::train {

std::vector<nlohmann::json> read_history(const std::filesystem::path& file) {
  std::vector<nlohmann::json> lines;
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) return lines;
  const auto bytes = read_file(file, std::uint64_t{1} << 30);
  const std::string text(bytes.begin(), bytes.end());
  std::size_t begin = 0;
  for (std::size_t end; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
    auto line =
        nlohmann::json::parse(text.begin() + static_cast<std::ptrdiff_t>(begin),
                              text.begin() + static_cast<std::ptrdiff_t>(end), nullptr, false);
    if (line.is_object() && line.contains("step") && line["step"].is_number_integer())
      lines.push_back(std::move(line));
  }
  return lines;
}

History::History(std::filesystem::path file, std::int64_t step) : file_(std::move(file)) {
  std::string kept;
  for (const auto& line : read_history(file_))
    if (line["step"].get<std::int64_t>() <= step) kept += line.dump() + "\n";
  write_file(file_, kept);
  descriptor_ = open(file_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  if (descriptor_ < 0)
    throw Error("write " + file_.string(), "a file that can be written", std::strerror(errno));
}

History::~History() { close(descriptor_); }

void History::add(const nlohmann::json& line) {
  const std::string text = line.dump() + "\n";
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto written = ::write(descriptor_, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0)
      throw Error("write " + file_.string(), std::to_string(text.size()) + " bytes to be written",
                  written < 0 ? std::strerror(errno) : "a full disk");
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace burin::train
