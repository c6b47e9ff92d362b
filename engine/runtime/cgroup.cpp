#include "engine/runtime/cgroup.h"

#include <cmath>
#include <cstdlib>
#include <sstream>

namespace burin::runtime {
namespace {

// 0 unless text begins with a positive finite number.
double positive(std::string_view text) noexcept {
  char buffer[32] = {};
  const std::size_t count = std::min(text.size(), sizeof(buffer) - 1);
  text.copy(buffer, count);
  const double value = std::strtod(buffer, nullptr);
  return std::isfinite(value) && value > 0 ? value : 0;
}

// CPUs that a quota per period stands for.
double ratio(double quota, double period) noexcept {
  return quota > 0 && period > 0 ? quota / period : 0;
}

double lower(double a, double b) noexcept {
  if (a == 0 || b == 0) return a + b;
  return std::min(a, b);
}

// Limits of `group` ("/a/b") and its parents under `root`.
double walk_up(const ReadFile& read, const std::string& root, std::string group, bool v2) {
  double quota = 0;
  while (true) {
    const std::string folder = root + (group == "/" ? "" : group);
    if (v2) {
      if (const auto text = read(folder + "/cpu.max")) {
        quota = lower(quota, quota_from_cpu_max(*text));
      }
    } else {
      const auto limit = read(folder + "/cpu.cfs_quota_us");
      const auto period = read(folder + "/cpu.cfs_period_us");
      if (limit && period) quota = lower(quota, quota_from_cfs(*limit, *period));
    }
    const auto slash = group.find_last_of('/');
    if (group.size() <= 1 || slash == std::string::npos) return quota;
    group = slash == 0 ? "/" : group.substr(0, slash);
  }
}

bool lists_cpu(std::string_view controllers) {
  while (!controllers.empty()) {
    const auto comma = controllers.find(',');
    if (controllers.substr(0, comma) == "cpu") return true;
    if (comma == std::string_view::npos) return false;
    controllers.remove_prefix(comma + 1);
  }
  return false;
}

}  // namespace

double quota_from_cpu_max(std::string_view text) noexcept {
  const auto space = text.find(' ');
  if (space == std::string_view::npos) return 0;
  return ratio(positive(text.substr(0, space)), positive(text.substr(space + 1)));
}

double quota_from_cfs(std::string_view quota, std::string_view period) noexcept {
  return ratio(positive(quota), positive(period));
}

double cgroup_quota(const ReadFile& read) {
  const auto groups = read("/proc/self/cgroup");
  if (!groups) return 0;
  double quota = 0;
  std::istringstream lines(*groups);
  for (std::string line; std::getline(lines, line);) {  // "id:controllers:/path", man 7 cgroups
    const auto first = line.find(':');
    const auto second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const std::string group = line.substr(second + 1);
    if (controllers.empty()) quota = lower(quota, walk_up(read, "/sys/fs/cgroup", group, true));
    if (lists_cpu(controllers)) {
      quota = lower(quota, walk_up(read, "/sys/fs/cgroup/cpu", group, false));
      quota = lower(quota, walk_up(read, "/sys/fs/cgroup/cpu,cpuacct", group, false));
    }
  }
  return quota;
}

}  // namespace burin::runtime
