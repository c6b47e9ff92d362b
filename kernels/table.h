// An algorithm is an entry of a table: data that says what it is, what it refuses and how it runs.
//
// The caller owns all memory and all threads. After `refuse` returned null nothing can fail but a
// `kernel_whole` entry: that may throw (of its library) where it packs, runs or is asked for sizes.
// A kernel is cut into tasks by its shape alone, never by the number of threads, so its bits do not
// depend on who runs which task.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "kernels/cpu.h"
#include "kernels/element.h"
#include "kernels/epilogue.h"
#include "kernels/precision.h"

namespace burin::kernels {

enum KernelFlags : unsigned {
  kernel_default = 0,
  kernel_whole = 1u << 0,       // brings its own threads: call run(…, 0, tasks) outside a team
  kernel_on_request = 1u << 1,  // never chosen unless its name is asked for (BURIN_KERNEL)
  kernel_f32_exact = 1u << 2,   // f32 multiply-adds of the plain definition only (no Winograd)
  kernel_transcendental = 1u << 3,  // its epilogue applies sigmoid and tanh too
  kernel_bf16_products = 1u << 4,   // both factors of a product are rounded to bf16
  kernel_split_products = 1u << 5,  // each factor is the sum of two in bf16
  kernel_asked_last = 1u << 6,  // refuse() takes milliseconds: for shapes where no other is cheaper
};

template <class Shape, class Args>
struct Kernel {
  const char* name;  // <algorithm>_<tile>_<isa>, as in perf reports, e.g. "direct_14x32_avx512"
  Isa isa;
  unsigned flags;

  // Null when the entry serves this shape, else the reason in words.
  const char* (*refuse)(const Shape&) noexcept;

  // Estimated time in arbitrary but common units (f32 multiply-adds at full speed); ranks entries.
  double (*cost)(const Shape&) noexcept;

  // Weights are packed once into `packed_bytes` (64-byte aligned); 0 and null where nothing is
  // packed. pack() handles tasks [first, last) of `pack_tasks`.
  std::size_t (*packed_bytes)(const Shape&);
  std::int64_t (*pack_tasks)(const Shape&) noexcept;
  void (*pack)(const Shape&, const float* weights, void* packed, std::int64_t first,
               std::int64_t last);

  // Scratch of one worker, and scratch that all tasks share (Args::shared), both 64-byte aligned.
  std::size_t (*workspace_bytes)(const Shape&) noexcept;
  std::size_t (*shared_bytes)(const Shape&);

  // Stages run one after another, the tasks of a stage in any order and on any thread.
  int stages;
  std::int64_t (*tasks)(const Shape&, int stage) noexcept;
  void (*run)(const Args&, int stage, std::int64_t first, std::int64_t last, void* workspace);

  // Of convolutions, forward and data. The outer axis is d where the shape is deep, else h. Target
  // positions [a, b) of that axis, computed as a shape of their own from the source positions that
  // they read, have the bits that they have in the whole, if a is the first, b the last, or each of
  // them, in a data pass plus pad_begin mod stride, a multiple of this. Null: no promise.
  int (*row_period)(const Shape&) noexcept = nullptr;
};

// Whether the entry's epilogue has the activation. To run it with another is a caller's mistake.
template <class Shape, class Args>
[[nodiscard]] constexpr bool applies(const Kernel<Shape, Args>& entry, Activation activation) {
  const bool transcendental = activation == Activation::sigmoid || activation == Activation::tanh;
  return !transcendental || (entry.flags & kernel_transcendental) != 0;
}

// Whether an entry of these flags holds the precision.
[[nodiscard]] constexpr bool holds(unsigned flags, Precision precision) noexcept {
  if (precision == Precision::exact) return (flags & kernel_f32_exact) != 0;
  if (precision == Precision::f32_unsplit && (flags & kernel_split_products) != 0) return false;
  return precision == Precision::bf16 || (flags & kernel_bf16_products) == 0;
}

// Null for a shape of conv.h or matmul.h that is f32 on both sides, else the reason.
template <class Shape>
[[nodiscard]] constexpr const char* refuse_other_types(const Shape& shape) noexcept {
  return shape.source_type == Element::f32 && shape.target_type == Element::f32
             ? nullptr
             : "activations are not f32";
}

// Whether `wanted` is the name of an entry or its beginning up to a '_'.
[[nodiscard]] inline bool is_named(std::string_view name, std::string_view wanted) noexcept {
  return !wanted.empty() && name.substr(0, wanted.size()) == wanted &&
         (name.size() == wanted.size() || name[wanted.size()] == '_');
}

// The first entry, in order of cost, that this CPU runs, that does not refuse the shape, that
// applies the activation and holds the precision; `wanted` (may be empty) is as in is_named. Null when there is none.
template <class Shape, class Args>
[[nodiscard]] const Kernel<Shape, Args>* choose(std::span<const Kernel<Shape, Args>* const> entries,
                                                const Shape& shape, std::string_view wanted = {},
                                                Activation activation = Activation::none,
                                                Precision precision = Precision::f32) {
  const Kernel<Shape, Args>* best = nullptr;
  double best_cost = 0;
  for (const bool last : {false, true})
    for (const auto* entry : entries) {
      if (((entry->flags & kernel_asked_last) != 0) != last) continue;
      const bool named = is_named(entry->name, wanted);
      if (!named && (!wanted.empty() || (entry->flags & kernel_on_request) != 0)) continue;
      if (!usable(entry->isa) || !applies(*entry, activation)) continue;
      if (!holds(entry->flags, precision)) continue;
      if (last && best != nullptr && entry->cost(shape) >= best_cost) continue;
      if (entry->refuse(shape) != nullptr) continue;
      const double cost = entry->cost(shape);
      if (best == nullptr || cost < best_cost) {
        best = entry;
        best_cost = cost;
      }
    }
  return best;
}

}  // namespace burin::kernels
