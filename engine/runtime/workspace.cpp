#include <cassert>
#include <memory>
#include <new>
#include <vector>

#include "engine/runtime/team.h"
#include "engine/runtime/workers.h"

namespace burin::runtime {
namespace {

struct Scratch {
  std::byte* data = nullptr;
  std::size_t bytes = 0;
  Scratch() = default;
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() { release(); }
  void release() noexcept {
    ::operator delete[](data, std::align_val_t{64});
    data = nullptr;
    bytes = 0;
  }
};

}  // namespace

void* workspace(int worker, std::size_t bytes) {
  assert(worker >= 0 && worker < most_threads);
  // Per thread as well as per worker: a thread that found the team taken works as number 0 beside
  // it.
  thread_local std::vector<std::unique_ptr<Scratch>> all;
  const auto index = static_cast<std::size_t>(worker);
  if (all.size() <= index) all.resize(index + 1);
  if (!all[index]) all[index] = std::make_unique<Scratch>();
  Scratch& scratch = *all[index];
  if (scratch.bytes < bytes || scratch.data == nullptr) {
    scratch.release();
    const std::size_t wanted = (std::max<std::size_t>(bytes, 4096) + 4095) / 4096 * 4096;
    scratch.data = static_cast<std::byte*>(::operator new[](wanted, std::align_val_t{64}));
    scratch.bytes = wanted;
  }
  return scratch.data;
}

}  // namespace burin::runtime
