// What this CPU can run, and the cap that a user may set on it.
//
// Levels are found by CPUID and XCR0 bits, never by a model name: guests mask the name.
#pragma once

#include <string_view>

namespace burin::kernels {

// Each level includes the ones before it, except that `bf16` (AVX512_BF16) is tested on its own
// bits. `amx` is there when the operating system lets this process use tiles, which is asked once.
enum class Isa : int { reference, avx2, avx512, vnni, bf16, amx };

// "reference", "avx2", ...: the words of BURIN_MAX_ISA.
[[nodiscard]] std::string_view isa_name(Isa isa) noexcept;

// CPUID and the operating system both offer the level.
[[nodiscard]] bool cpu_has(Isa isa) noexcept;

// BURIN_MAX_ISA, or the highest level when unset or not understood. Read once per process.
[[nodiscard]] Isa isa_cap() noexcept;

// BURIN_MAX_ISA is empty or one of the words above; apps report a bad one.
[[nodiscard]] bool isa_cap_is_valid() noexcept;

// `cpu_has(isa)` and not above the cap.
[[nodiscard]] bool usable(Isa isa) noexcept;

// Time of a bf16 multiply-add of AVX512_BF16 as a part of that of an f32 one: a half on AMD (Zen 4
// and 5), 2.3 times it on Intel (Sapphire Rapids), as perf/peak measures. The vendor decides what
// costs less, not what is run.
[[nodiscard]] double bf16_pair_cost() noexcept;

}  // namespace burin::kernels
