#include "kernels/cpu.h"

#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>

#include "kernels/cap_scope.h"

namespace burin::kernels {
namespace {

constexpr std::string_view names[] = {"reference", "avx2", "avx512", "vnni", "bf16", "amx"};

struct Registers {
  unsigned a = 0, b = 0, c = 0, d = 0;
};

Registers cpuid(unsigned leaf, unsigned subleaf) noexcept {
  Registers r;
  if (static_cast<unsigned>(__get_cpuid_max(0, nullptr)) >= leaf)
    __cpuid_count(leaf, subleaf, r.a, r.b, r.c, r.d);
  return r;
}

// State components that the operating system saves (Intel SDM vol. 1, 13.3).
std::uint64_t enabled_state() noexcept {
  if ((cpuid(1, 0).c & (1u << 27)) == 0) return 0;  // no OSXSAVE
  unsigned low = 0, high = 0;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (std::uint64_t{high} << 32) | low;
}

// Linux gives a process the 8 KiB of tile state on request only (arch/x86/xstate.rst of its
// documentation); granted once, all threads have it.
bool request_tiles() noexcept {
  constexpr long request_permission = 0x1023, tile_data = 18;
  return syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
}

struct Levels {
  bool has[6] = {true, false, false, false, false, false};
};

Levels detect() noexcept {
  Levels levels;
  const auto bit = [](unsigned word, int index) { return ((word >> index) & 1u) != 0; };
  const Registers one = cpuid(1, 0), seven = cpuid(7, 0), seven_one = cpuid(7, 1);
  const std::uint64_t state = enabled_state();
  const bool ymm = (state & 0x6) == 0x6;
  const bool zmm = ymm && (state & 0xe0) == 0xe0;
  const bool tiles = (state & 0x60000) == 0x60000;
  const bool avx2 = ymm && bit(one.c, 28) && bit(one.c, 12) && bit(one.c, 29) && bit(seven.b, 5) &&
                    bit(seven.b, 8);
  const bool avx512 = avx2 && zmm && bit(seven.b, 16) && bit(seven.b, 17) && bit(seven.b, 28) &&
                      bit(seven.b, 30) && bit(seven.b, 31);
  levels.has[1] = avx2;
  levels.has[2] = avx512;
  levels.has[3] = avx512 && bit(seven.c, 11);
  levels.has[4] = avx512 && bit(seven_one.a, 5);
  levels.has[5] = avx512 && tiles && bit(seven.d, 22) && bit(seven.d, 24) && bit(seven.d, 25) &&
                  bit(seven_one.a, 5) && request_tiles();
  return levels;
}

const Levels& levels() noexcept {
  static const Levels found = detect();
  return found;
}

// Index into names, or -1.
int cap_word() noexcept {
  const char* word = std::getenv("BURIN_MAX_ISA");
  if (word == nullptr || *word == '\0') return static_cast<int>(Isa::amx);
  for (int i = 0; i < 6; ++i)
    if (names[i] == word) return i;
  return -1;
}

std::atomic<Isa> scope_cap{Isa::amx};

}  // namespace

std::string_view isa_name(Isa isa) noexcept { return names[static_cast<int>(isa)]; }

bool cpu_has(Isa isa) noexcept { return levels().has[static_cast<int>(isa)]; }

Isa isa_cap() noexcept {
  static const int cap = cap_word();
  return std::min(cap < 0 ? Isa::amx : static_cast<Isa>(cap),
                  scope_cap.load(std::memory_order_relaxed));
}

CapScope::CapScope(Isa cap) noexcept { scope_cap.store(cap, std::memory_order_relaxed); }
CapScope::~CapScope() { scope_cap.store(Isa::amx, std::memory_order_relaxed); }

bool isa_cap_is_valid() noexcept { return cap_word() >= 0; }

double bf16_pair_cost() noexcept {
  static constexpr unsigned intel[] = {0x756e6547, 0x49656e69, 0x6c65746e};  // "GenuineIntel"
  static const bool slow = [] {
    const Registers vendor = cpuid(0, 0);
    return vendor.b == intel[0] && vendor.d == intel[1] && vendor.c == intel[2];
  }();
  return slow ? 2.3 : 0.5;
}

bool usable(Isa isa) noexcept { return cpu_has(isa) && isa <= isa_cap(); }

}  // namespace burin::kernels
