// The oneDNN entries against the reference entries, on slices, with every epilogue; and whether
// their bits depend on the number of threads: an entry of which they do may serve only on request.
// Without oneDNN there is nothing to test.
#include <doctest/doctest.h>
#include <omp.h>

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/onednn/onednn.h"
#include "tests/support/compare.h"
#include "tests/support/random.h"

using namespace burin::kernels;
using burin::test::Random;
using burin::test::relative_l2;

namespace {

using Numbers = std::vector<float>;

// clang-format off
const ConvShape shapes[] = {
    {.batch = 2, .in_channels = 16, .out_channels = 32, .in = {1, 9, 11}, .kernel = {1, 3, 3}, .pad_begin = {0, 1, 1}, .pad_end = {0, 1, 1}},
    {.batch = 1, .in_channels = 3, .out_channels = 5, .in = {1, 12, 10}, .kernel = {1, 7, 7}, .stride = {1, 2, 2}, .pad_begin = {0, 3, 3}, .pad_end = {0, 2, 3}},
    {.batch = 1, .in_channels = 20, .out_channels = 12, .in = {1, 8, 8}, .kernel = {1, 2, 2}, .stride = {1, 2, 2}},
    {.batch = 1, .in_channels = 8, .out_channels = 16, .in = {1, 14, 13}, .kernel = {1, 3, 3}, .dilation = {1, 2, 2}, .pad_begin = {0, 2, 2}, .pad_end = {0, 2, 2}},
    {.batch = 3, .in_channels = 24, .out_channels = 24, .groups = 24, .in = {1, 7, 7}, .kernel = {1, 3, 3}, .pad_begin = {0, 1, 1}, .pad_end = {0, 1, 1}},
    {.batch = 1, .in_channels = 32, .out_channels = 64, .groups = 2, .in = {1, 6, 6}, .kernel = {1, 1, 1}},
    {.batch = 1, .in_channels = 6, .out_channels = 7, .in = {5, 6, 7}, .kernel = {3, 3, 3}, .pad_begin = {1, 1, 1}, .pad_end = {1, 1, 1}},
    {.batch = 1, .in_channels = 64, .out_channels = 64, .in = {1, 40, 40}, .kernel = {1, 3, 3}, .pad_begin = {0, 1, 1}, .pad_end = {0, 1, 1}},
};
const MatmulShape products[] = {
    {.m = 5, .n = 7, .k = 9, .a_row = 9, .a_depth = 1, .b_depth = 7, .b_column = 1},
    {.m = 33, .n = 48, .k = 65, .a_row = 70, .a_depth = 1, .b_depth = 1, .b_column = 65},
    {.m = 64, .n = 33, .k = 1000, .a_row = 1, .a_depth = 64, .b_depth = 40, .b_column = 1},
};
const Epilogue epilogues[] = {{}, {Activation::relu}, {Activation::leaky_relu, 0.1f}, {Activation::relu6}};
// clang-format on

// Packs and runs one entry as a caller would, alone.
template <class Entry, class Shape, class Args>
void execute(const Entry& entry, const Shape& shape, Args args, const float* weights) {
  const auto room = [](std::size_t bytes) { return Numbers(bytes / sizeof(float) + 64); };
  const auto align = [](Numbers& v) {
    auto at = reinterpret_cast<std::uintptr_t>(v.data());
    return reinterpret_cast<void*>((at + 63) / 64 * 64);
  };
  Numbers packed = room(entry.packed_bytes(shape)), shared = room(entry.shared_bytes(shape)),
          work = room(entry.workspace_bytes(shape));
  args.shape = shape;
  args.shared = align(shared);
  if constexpr (requires { args.packed; }) {
    entry.pack(shape, weights, align(packed), 0, entry.pack_tasks(shape));
    args.packed = align(packed);
  }
  for (int stage = 0; stage < entry.stages; ++stage)
    entry.run(args, stage, 0, entry.tasks(shape, stage), align(work));
}

template <class Entries>
const auto& reference_of(const Entries& entries) {
  for (const auto* entry : entries)
    if (std::string_view(entry->name).starts_with("reference")) return *entry;
  throw std::runtime_error("no reference entry");
}

// Pixels lie `gap` elements further apart than they have channels.
struct Slice {
  std::int64_t pixels, channels, gap;
  [[nodiscard]] std::int64_t stride() const { return channels + gap; }
  [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(pixels * stride()); }
};

Numbers convolve(const ConvKernel& entry, const ConvShape& s, bool forward, std::int64_t gap,
                 bool with_bias, const Epilogue& epilogue) {
  Slice x{s.batch * s.in_pixels(), s.in_channels, gap},
      y{s.batch * s.out_pixels(), s.out_channels, gap};
  if (!forward) std::swap(x, y);
  Random random(7);
  const Numbers source = random.reals(x.size()),
                bias = random.reals(static_cast<std::size_t>(y.channels)),
                weights = random.reals(static_cast<std::size_t>(
                    s.out_channels * (s.in_channels / s.groups) * s.taps()));
  Numbers target(y.size(), 0.25f);
  ConvArgs args;
  args.source = source.data();
  args.source_pixel = x.stride();
  args.bias = with_bias ? bias.data() : nullptr;
  args.target = target.data();
  args.target_pixel = y.stride();
  args.epilogue = epilogue;
  execute(entry, s, args, weights.data());
  return target;
}

Numbers weight_gradient(const ConvWeightKernel& entry, const ConvShape& s, std::int64_t gap) {
  const Slice x{s.batch * s.in_pixels(), s.in_channels, gap},
      y{s.batch * s.out_pixels(), s.out_channels, gap};
  Random random(8);
  const Numbers image = random.reals(x.size()), dy = random.reals(y.size());
  Numbers dw(static_cast<std::size_t>(s.out_channels * (s.in_channels / s.groups) * s.taps()));
  ConvWeightArgs args;
  args.x = image.data();
  args.x_pixel = x.stride();
  args.dy = dy.data();
  args.dy_pixel = y.stride();
  args.dw = dw.data();
  execute(entry, s, args, nullptr);
  return dw;
}

Numbers product(const MatmulKernel& entry, const MatmulShape& s, std::int64_t gap,
                const Epilogue& epilogue) {
  Random random(9);
  const Numbers a = random.reals(static_cast<std::size_t>(s.m * s.a_row + s.k * s.a_depth)),
                b = random.reals(static_cast<std::size_t>(s.k * s.b_depth + s.n * s.b_column)),
                bias = random.reals(static_cast<std::size_t>(s.n));
  Numbers c(static_cast<std::size_t>(s.m * (s.n + gap)), 0.25f);
  MatmulArgs args;
  args.a = a.data();
  args.bias = bias.data();
  args.c = c.data();
  args.c_row = s.n + gap;
  args.epilogue = epilogue;
  execute(entry, s, args, b.data());
  return c;
}

double error(const Numbers& got, const Numbers& want) {
  return relative_l2(std::span<const float>(got), std::span<const float>(want));
}

// Bits of `result()` with 1, 2, 3 and 5 threads: 5 because blocks of 2 and 4
// may agree by chance.
template <class Result>
bool same_bits(const Result& result) {
  const int threads = omp_get_max_threads();
  omp_set_num_threads(1);
  const Numbers want = result();
  bool same = true;
  for (const int count : {2, 3, 5}) {
    omp_set_num_threads(count);
    same = same && result() == want;
  }
  omp_set_num_threads(threads);
  return same;
}

void check_bits(const std::string& name, unsigned flags, bool same) {
  const std::string bits = same ? "the same bits" : "other bits";
  MESSAGE(name << ": " << bits << " with 1, 2, 3 and 5 threads");
  if ((flags & kernel_on_request) == 0) CHECK_MESSAGE(same, name);
}

}  // namespace

TEST_CASE("oneDNN convolves and transposes like the reference") {
  for (const bool forward : {true, false}) {
    const auto entries = forward ? onednn_conv_forward_kernels() : onednn_conv_data_kernels();
    const auto& reference = reference_of(forward ? conv_forward_kernels() : conv_data_kernels());
    for (const auto* entry : entries) {
      if (!usable(entry->isa)) continue;
      int served = 0;
      for (const ConvShape& shape : shapes) {
        CAPTURE(shape.in_channels);
        if (entry->refuse(shape) != nullptr) continue;
        ++served;
        for (const Epilogue& epilogue : epilogues)
          for (const std::int64_t gap : {0, 3}) {
            const bool bias = gap == 0;
            const Numbers got = convolve(*entry, shape, forward, gap, bias, epilogue);
            CHECK(error(got, convolve(reference, shape, forward, gap, bias, epilogue)) < 1e-6);
            CHECK(error(got, convolve(reference, shape, forward, gap, !bias, epilogue)) > 1e-3);
          }
      }
      CHECK(served >= 4);
    }
  }
}

TEST_CASE("oneDNN's weight gradient is the reference's") {
  for (const auto* entry : onednn_conv_weight_kernels()) {
    if (!usable(entry->isa)) continue;
    int served = 0;
    for (const ConvShape& shape : shapes) {
      CAPTURE(shape.in_channels);
      if (entry->refuse(shape) != nullptr) continue;
      ++served;
      const auto& reference = reference_of(conv_weight_kernels());
      for (const std::int64_t gap : {0, 3})
        CHECK(error(weight_gradient(*entry, shape, gap), weight_gradient(reference, shape, gap)) <
              2e-6);
    }
    CHECK(served >= 4);
  }
}

TEST_CASE("oneDNN multiplies matrices like the reference") {
  for (const auto* entry : onednn_matmul_kernels()) {
    if (!usable(entry->isa)) continue;
    int served = 0;
    for (const MatmulShape& shape : products) {
      CAPTURE(shape.m);
      if (entry->refuse(shape) != nullptr) continue;
      ++served;
      for (const Epilogue& epilogue : epilogues)
        for (const std::int64_t gap : {0, 3})
          CHECK(error(product(*entry, shape, gap, epilogue),
                      product(reference_of(matmul_kernels()), shape, gap, epilogue)) < 1e-6);
    }
    CHECK(served >= 2);
  }
}

// Products of 1e-40 are denormal: their sum is 0 where every thread flushes them, and the threads'
// own mode is what it was.
TEST_CASE("oneDNN flushes denormals on all of its threads") {
  const int threads = omp_get_max_threads();
  omp_set_num_threads(4);
  const auto denormals = [] {
    int kept = 0;
#pragma omp parallel reduction(+ : kept)
    {
      volatile float tiny = 1e-30f;
      kept += tiny * 1e-10f > 0;
    }
    return kept;
  };
  CHECK(denormals() == 4);
  const MatmulShape s{.m = 256, .n = 64, .k = 32, .a_row = 32, .b_depth = 64};
  const Numbers a(256 * 32, 1e-30f), b(32 * 64, 1e-10f);
  Numbers c(256 * 64, 1.0f);
  MatmulArgs args;
  args.a = a.data();
  args.c = c.data();
  args.c_row = 64;
  for (const auto* entry : onednn_matmul_kernels()) {
    if (!usable(entry->isa) || entry->refuse(s) != nullptr) continue;
    execute(*entry, s, args, b.data());
    CHECK(c == Numbers(c.size(), 0.0f));
    CHECK(denormals() == 4);
  }
  omp_set_num_threads(threads);
}

TEST_CASE("what oneDNN cannot do is refused with a reason") {
  ConvShape shape{.in_channels = 4, .out_channels = 4, .in = {1, 2, 2}, .kernel = {1, 9, 9}};
  for (const auto* entry : onednn_conv_forward_kernels())
    if (usable(entry->isa)) CHECK(entry->refuse(shape) != nullptr);
}

TEST_CASE("entries whose bits depend on the number of threads serve only on request") {
  const ConvShape large{.batch = 2,
                        .in_channels = 48,
                        .out_channels = 40,
                        .in = {1, 50, 30},
                        .kernel = {1, 3, 3},
                        .pad_begin = {0, 1, 1},
                        .pad_end = {0, 1, 1}};
  for (const bool forward : {true, false})
    for (const auto* entry : forward ? onednn_conv_forward_kernels() : onednn_conv_data_kernels()) {
      if (!usable(entry->isa)) continue;
      bool same = true;
      for (const ConvShape& shape : shapes)
        if (entry->refuse(shape) == nullptr)
          same = same && same_bits([&] { return convolve(*entry, shape, forward, 0, true, {}); });
      if (entry->refuse(large) == nullptr)
        same = same && same_bits([&] { return convolve(*entry, large, forward, 0, true, {}); });
      check_bits(entry->name, entry->flags, same);
    }
  ConvShape deep = large;  // fewer channels, more images: worth a sum over threads
  deep.batch = 6;
  deep.in_channels = deep.out_channels = 16;
  for (const auto* entry : onednn_conv_weight_kernels()) {
    if (!usable(entry->isa) || entry->refuse(deep) != nullptr) continue;
    const bool same = same_bits([&] { return weight_gradient(*entry, deep, 0); });
    check_bits(entry->name, entry->flags, same);
  }
  for (const auto* entry : onednn_matmul_kernels()) {
    if (!usable(entry->isa)) continue;
    bool same = true;
    for (const MatmulShape& shape : products)
      if (entry->refuse(shape) == nullptr)
        same = same && same_bits([&] { return product(*entry, shape, 0, {}); });
    check_bits(entry->name, entry->flags, same);
  }
}
