// CPU limits of control groups, both versions. Text in, numbers out; 0 means no limit or not
// understood.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace burin::runtime {

// "max 100000" or "150000 100000" (cgroup v2 cpu.max) -> CPUs.
[[nodiscard]] double quota_from_cpu_max(std::string_view text) noexcept;

// cpu.cfs_quota_us and cpu.cfs_period_us (cgroup v1) -> CPUs; a quota of -1 is no limit.
[[nodiscard]] double quota_from_cfs(std::string_view quota, std::string_view period) noexcept;

// The lowest limit on the way from this process's group to the root, by /proc/self/cgroup and the
// files under /sys/fs/cgroup. `read` gives the contents of a file, or nothing.
using ReadFile = std::function<std::optional<std::string>(const std::string& path)>;
[[nodiscard]] double cgroup_quota(const ReadFile& read);

}  // namespace burin::runtime
