#include "engine/runtime/topology.h"

#include <hwloc.h>
#include <sched.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <optional>
#include <set>

#include "engine/error.h"
#include "engine/runtime/cgroup.h"

namespace burin::runtime {
namespace {

class Hwloc {
 public:
  Hwloc() { ok_ = hwloc_topology_init(&handle_) == 0; }
  ~Hwloc() {
    if (ok_) hwloc_topology_destroy(handle_);
  }
  Hwloc(const Hwloc&) = delete;
  Hwloc& operator=(const Hwloc&) = delete;
  bool load() { return ok_ && hwloc_topology_load(handle_) == 0; }
  hwloc_topology_t get() const { return handle_; }
  bool ok() const { return ok_; }

 private:
  hwloc_topology_t handle_ = nullptr;
  bool ok_ = false;
};

int index_of(hwloc_obj_t object) { return object ? static_cast<int>(object->logical_index) : 0; }

// The last cache level above a processor.
hwloc_obj_t last_cache(hwloc_obj_t unit) {
  hwloc_obj_t found = nullptr;
  for (hwloc_obj_t o = unit->parent; o != nullptr; o = o->parent)
    if (hwloc_obj_type_is_dcache(o->type)) found = o;
  return found;
}

std::int64_t cache_bytes(hwloc_topology_t handle, hwloc_obj_type_t type) {
  const hwloc_obj_t cache = hwloc_get_obj_by_type(handle, type, 0);
  if (cache == nullptr || cache->attr == nullptr) return 0;
  return static_cast<std::int64_t>(cache->attr->cache.size);
}

void read_objects(hwloc_topology_t handle, Topology& out) {
  hwloc_obj_t unit = nullptr;
  while ((unit = hwloc_get_next_obj_by_type(handle, HWLOC_OBJ_PU, unit)) != nullptr) {
    Processor p;
    p.id = static_cast<int>(unit->os_index);
    const hwloc_obj_t core = hwloc_get_ancestor_obj_by_type(handle, HWLOC_OBJ_CORE, unit);
    p.core = core ? index_of(core) : index_of(unit);
    p.package = index_of(hwloc_get_ancestor_obj_by_type(handle, HWLOC_OBJ_PACKAGE, unit));
    const hwloc_obj_t cache = last_cache(unit);
    p.cluster = cache ? index_of(cache) : p.package;
    out.processors.push_back(p);
  }
  out.l1d_bytes = cache_bytes(handle, HWLOC_OBJ_L1CACHE);
  out.l2_bytes = cache_bytes(handle, HWLOC_OBJ_L2CACHE);
  out.l3_bytes = cache_bytes(handle, HWLOC_OBJ_L3CACHE);
  const hwloc_obj_t package = hwloc_get_obj_by_type(handle, HWLOC_OBJ_PACKAGE, 0);
  const char* name = package ? hwloc_obj_get_info_by_name(package, "CPUModel") : nullptr;
  if (name != nullptr) out.cpu_name = name;
}

// Processors of the affinity mask with which the process was first seen: binding threads later must
// not shrink the machine.
const std::set<int>& allowed_processors() {
  static const std::set<int> allowed = [] {
    std::set<int> ids;
    cpu_set_t mask;
    CPU_ZERO(&mask);
    if (sched_getaffinity(0, sizeof(mask), &mask) == 0)
      for (int id = 0; id < CPU_SETSIZE; ++id)
        if (CPU_ISSET(id, &mask)) ids.insert(id);
    return ids;
  }();
  return allowed;
}

std::optional<std::string> read_file(const std::string& path) {
  std::ifstream file(path);
  if (!file) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

void keep_allowed(Topology& topology) {
  const std::set<int>& allowed = allowed_processors();
  if (allowed.empty()) return;
  std::erase_if(topology.processors, [&](const Processor& p) { return !allowed.contains(p.id); });
  if (!topology.processors.empty()) return;
  for (const int id : allowed) topology.processors.push_back({.id = id, .core = id});
}

}  // namespace

Topology discover_topology() {
  Topology out;
  Hwloc hwloc;
  if (hwloc.load()) read_objects(hwloc.get(), out);
  keep_allowed(out);
  if (out.processors.empty()) out.processors.push_back({});
  out.cpu_quota = cgroup_quota(read_file);
  return out;
}

Topology synthetic_topology(const std::string& description) {
  Hwloc hwloc;
  if (!hwloc.ok() || hwloc_topology_set_synthetic(hwloc.get(), description.c_str()) != 0 ||
      !hwloc.load())
    throw Error("topology", "a synthetic description of hwloc", description);
  Topology out;
  read_objects(hwloc.get(), out);
  return out;
}

int default_threads(const Topology& topology) noexcept {
  int cores = 0;
  for (std::size_t i = 0; i < topology.processors.size(); ++i) {
    const Processor& p = topology.processors[i];
    const auto same_core = [&p](const Processor& q) {
      return q.core == p.core && q.package == p.package;
    };
    const auto end = topology.processors.begin() + static_cast<std::ptrdiff_t>(i);
    cores += std::none_of(topology.processors.begin(), end, same_core);
  }
  if (topology.cpu_quota > 0 && topology.cpu_quota < cores)
    cores = static_cast<int>(std::floor(topology.cpu_quota));
  return std::clamp(cores, 1, 1024);
}

}  // namespace burin::runtime
