// Bands against the same program without them, bit by bit; that one is checked in test_program.cpp.
#include <doctest/doctest.h>

#include "engine/error.h"
#include "engine/graph/program.h"
#include "engine/runtime/workers.h"
#include "tests/support/networks.h"

namespace burin {
namespace {

using test::layer;
using test::NetworkCase;
using test::numbers;
using test::same_bits;
using test::traced;

Value half(const Value& x) {
  return x.shape().rank() == 5 ? max_pool(x, {.kernel = {2, 2, 2}, .stride = {2, 2, 2}})
                               : max_pool(x, {.kernel = {1, 2, 2}, .stride = {1, 2, 2}});
}

Value unet_piece(Tape& t, const Value& x) {
  const Value skip = layer(t, layer(t, x, {.out = 16}, 1), {.out = 16}, 3);
  const Value low = layer(t, layer(t, half(skip), {.out = 32}, 5), {.out = 32}, 7);
  const Value up =
      layer(t, low, {.out = 16, .kernel = 2, .stride = 2, .pad = 0, .transposed = true}, 9);
  const Value parts[] = {skip, up};
  return layer(t, layer(t, layer(t, concat(parts), {.out = 16}, 11), {.out = 16}, 13),
               {.out = 3, .kernel = 1, .pad = 0}, 15);
}

// Linear upsampling before the concatenation, so that phases are composed where it pays.
Value generator(Tape& t, const Value& x) {
  const Value skip = layer(t, x, {.out = 64}, 1);
  const Value low = layer(t, half(skip), {.out = 128}, 5);
  const Value w = t.parameter(numbers({128, 64, 2, 2}, 9), true, "up");
  const Value b = t.parameter(numbers({64}, 10), true, "b");
  const Value up = conv_transpose(low, w, b, {.kernel = {1, 2, 2}, .stride = {1, 2, 2}});
  const Value parts[] = {skip, up};
  return layer(t, layer(t, concat(parts), {.out = 64}, 11), {.out = 8}, 13);
}

const NetworkCase cases[] = {
    {"piece of a U-Net", {1, 3, 72, 40}, unet_piece},
    {"two images, sizes that no tile divides", {2, 5, 70, 38}, unet_piece},
    {"piece of a U-Net in three dimensions", {1, 2, 34, 12, 12}, unet_piece},
    {"a chain that is wide inside",
     {1, 3, 72, 512},
     [](Tape& t, const Value& x) {
       return half(layer(t, layer(t, layer(t, x, {.out = 32}, 1), {.out = 32}, 3), {.out = 32}, 5));
     }},
    {"composed phases", {1, 16, 128, 64}, generator},
    {"kernels of 5 and 7, strides, dilation, groups",
     {1, 4, 90, 33},
     [](Tape& t, const Value& x) {
       const Value a = layer(t, x, {.out = 16, .kernel = 7, .pad = 3}, 1);
       const Value b = layer(t, a, {.out = 16, .kernel = 3, .pad = 5, .dilation = 5}, 3);
       const Value c = layer(t, b, {.out = 16, .pad = 1, .groups = 16}, 5);
       return layer(t, add(b, c), {.out = 8, .kernel = 5, .stride = 2, .pad = 2}, 7);
     }},
    {"steps of 2 from 256 channels, whose pixels are copied inside of the image",
     {1, 256, 64, 60},
     [](Tape& t, const Value& x) {
       const Value a = layer(t, x, {.out = 128, .stride = 2, .pad = 1}, 1);
       return layer(t, a, {.out = 8, .pad = 1}, 3);
     }},
    {"4x4 by steps of 2, down and up, nearest",
     {1, 8, 96, 48},
     [](Tape& t, const Value& x) {
       const Value a = layer(t, x, {.out = 32}, 1);
       const Value b = layer(t, a, {.out = 32, .kernel = 4, .stride = 2}, 3);
       const Value c = layer(t, b, {.out = 32, .kernel = 4, .stride = 2, .transposed = true}, 5);
       const Value d = layer(t, layer(t, c, {.out = 32}, 7), {.out = 4}, 9);
       return layer(t, resize(d, {.size = {1, 288, 144}}), {.out = 4}, 11);
     }},
    {"4x4x4 by steps of 2, down and up",
     {1, 32, 48, 24, 24},
     [](Tape& t, const Value& x) {
       const Value a = layer(t, x, {.out = 64, .kernel = 4, .stride = 2}, 1);
       const Value b = layer(t, a, {.out = 48, .kernel = 4, .stride = 2, .transposed = true}, 3);
       const Value c =
           layer(t, b, {.out = 32, .kernel = 4, .stride = 2, .pad = 2, .transposed = true}, 5);
       return layer(t, c, {.out = 4}, 7);
     }},
};

const NetworkCase& chain = cases[3];

std::vector<float> result(const Graph& graph, const Tensor& x, const CompileOptions& options) {
  Program program(graph, options);
  if (kernels::usable(kernels::Isa::avx2))
    (void)program.run({&x, 1});  // a second run finds windows that are not fresh
  return program.run({&x, 1})[0].to_vector();
}

}  // namespace

TEST_CASE("bands do not change a bit, whatever their height, precision and threads") {
  const bool fast = kernels::usable(kernels::Isa::avx2);  // the reference takes its time
  const std::vector<Precision> precisions =
      fast ? std::vector{Precision::f32, Precision::exact, Precision::bf16}
           : std::vector{Precision::f32};
  const std::vector<std::int64_t> heights =
      fast ? std::vector<std::int64_t>{1, 5, 8, 16, 33} : std::vector<std::int64_t>{16};
  for (const NetworkCase& c : cases) {
    INFO(c.name);
    const Graph graph = traced(c);
    const Tensor x = numbers(c.input, 42);
    for (const Precision precision : precisions) {
      const auto want = result(graph, x, {.precision = precision, .band_rows = 0});
      for (const std::int64_t rows : heights) {
        INFO("rows " << rows << ", precision " << static_cast<int>(precision));
        for (const int threads : {1, 3}) {
          runtime::configure({.threads = threads, .bind = runtime::Bind::none});
          CHECK(same_bits(result(graph, x, {.precision = precision, .band_rows = rows}), want));
        }
      }
    }
  }
  runtime::configure({});
}

TEST_CASE("every case has bands; they take less memory where a chain is wide inside") {
  for (const NetworkCase& c : cases) {
    INFO(c.name);
    CHECK(Program(traced(c), {.band_rows = 0}).regions().empty());
    CHECK_FALSE(Program(traced(c), {.band_rows = 8}).regions().empty());
  }
  const Program whole(traced(chain), {.band_rows = 0}), banded(traced(chain), {.band_rows = 8});
  CHECK(banded.activation_bytes() < 0.7 * static_cast<double>(whole.activation_bytes()));
}

TEST_CASE("a limit of memory is held by bands or refused with the figure") {
  const Graph graph = traced(chain);
  const Tensor x = numbers(chain.input, 42);
  const auto bytes = [](const Program& p) {
    return p.activation_bytes() + p.packed_bytes() + p.shared_bytes();
  };
  const Program whole(graph, {.band_rows = 0});
  CHECK(Program(graph, {.max_memory = bytes(whole)}).regions().empty());
  const std::size_t limit = bytes(whole) - 1;
  const Program banded(graph, {.max_memory = limit});
  CHECK_FALSE(banded.regions().empty());
  CHECK(bytes(banded) <= limit);
  CHECK(same_bits(result(graph, x, {.max_memory = limit}), result(graph, x, {.band_rows = 0})));
  CHECK_THROWS_AS(Program(graph, {.max_memory = limit, .band_rows = 0}), Error);
  std::size_t least = 0;
  try {
    const Program none(graph, {.max_memory = 1000});
  } catch (const Error& error) {
    least = std::stoull(error.expected());
  }
  REQUIRE(least > 1000);
  CHECK(bytes(Program(graph, {.max_memory = least})) <= least);
  CHECK_THROWS_AS(Program(graph, {.max_memory = least - 1}), Error);
}

TEST_CASE("text of a program in bands") {
  const Program program(traced(chain), {.precision = Precision::exact, .band_rows = 16});
  CHECK(to_text(program.regions(), program.graph()) ==
        "nodes %3-%10 in 5 bands of 16 rows: %3 conv 1x32x72x512 in 18 rows, "
        "%6 conv 1x32x72x512 in 18 rows, %9 conv 1x32x72x512 in 16 rows\n");
}

}  // namespace burin
