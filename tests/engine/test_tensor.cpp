#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <numeric>

#include "engine/error.h"
#include "engine/runtime/workers.h"
#include "engine/tensor/tensor.h"

namespace burin {
namespace {

std::vector<float> counting(std::int64_t count) {
  std::vector<float> out(static_cast<std::size_t>(count));
  std::iota(out.begin(), out.end(), 1.0f);
  return out;
}

// Number at [n, c, h, w] of a tensor filled by counting().
float counted(const Shape& s, std::int64_t n, std::int64_t c, std::int64_t h, std::int64_t w) {
  return static_cast<float>(((n * s[1] + c) * s[2] + h) * s[3] + w + 1);
}

}  // namespace

TEST_CASE("from and to_vector keep the logical order in either layout") {
  const Shape s{2, 3, 4, 5};
  for (const Order order : {Order::channels_last, Order::row_major}) {
    const Tensor t = Tensor::from(s, counting(120), order);
    CHECK(t.to_vector() == counting(120));
    const Layout& l = t.layout();
    CHECK(t.data()[l.stride(0) + 2 * l.stride(1) + 3 * l.stride(2) + l.stride(3)] ==
          counted(s, 1, 2, 3, 1));
  }
  CHECK_THROWS_AS((void)Tensor::from(s, counting(119)), Error);
  CHECK(Tensor::from({2, 3, 2, 2, 2}, counting(48)).to_vector() == counting(48));
  CHECK(!Tensor());
}

TEST_CASE("slices share memory") {
  const Shape s{2, 5, 3, 4};
  const Tensor t = Tensor::from(s, counting(120));
  const Tensor slice = t.channel_slice(1, 3);
  CHECK(slice.to_vector()[0] == counted(s, 0, 1, 0, 0));
  slice.fill(-1);
  const std::vector<float> all = t.to_vector();
  for (std::int64_t n = 0, i = 0; n < 2; ++n)
    for (std::int64_t c = 0; c < 5; ++c)
      for (std::int64_t p = 0; p < 12; ++p, ++i)
        CHECK(all[static_cast<std::size_t>(i)] ==
              (c >= 1 && c < 4 ? -1 : static_cast<float>(i + 1)));
  CHECK(t.batch_slice(1, 1).channel_slice(4, 1).to_vector()[0] == counted(s, 1, 4, 0, 0));
}

TEST_CASE("copies between all pairs of layouts") {
  const Shape s{2, 3, 4, 5};
  const Tensor wide = Tensor::zeros({2, 7, 4, 5});
  const Tensor targets[] = {Tensor::empty(s), Tensor::empty(s, DType::f32, Order::row_major),
                            wide.channel_slice(2, 3)};
  const Tensor sources[] = {Tensor::from(s, counting(120)),
                            Tensor::from(s, counting(120), Order::row_major),
                            Tensor::from({2, 7, 4, 5}, counting(280)).channel_slice(1, 3)};
  for (const Tensor& source : sources)
    for (const Tensor& target : targets) {
      target.fill(0);
      target.copy_from(source);
      CHECK(target.to_vector() == source.to_vector());
    }
  CHECK(wide.channel_slice(0, 2).to_vector() == std::vector<float>(80, 0.0f));
  CHECK(wide.channel_slice(5, 2).to_vector() == std::vector<float>(80, 0.0f));
  CHECK_THROWS_AS(targets[0].copy_from(wide), Error);
  CHECK_THROWS_AS(targets[0].copy_from(Tensor::empty(s, DType::i32)), Error);
}

TEST_CASE("a copy of many numbers is the same for any number of threads") {
  const Tensor source = Tensor::from({3, 17, 61, 67}, counting(3 * 17 * 61 * 67));
  for (const int threads : {1, 3}) {
    runtime::configure({.threads = threads});
    CHECK(source.in_order(Order::row_major).to_vector() == source.to_vector());
    CHECK(source.clone().to_vector() == source.to_vector());
  }
  runtime::configure({});
}

TEST_CASE("reshape: views where possible, logical order always") {
  const Tensor t = Tensor::from({2, 3, 4, 5}, counting(120));
  const Tensor pixels = t.reshape({2, 3, 20});
  CHECK(pixels.storage() == t.storage());
  CHECK(pixels.to_vector() == counting(120));
  const Tensor flat = t.reshape({2, 60});
  CHECK(flat.storage() != t.storage());
  CHECK(flat.to_vector() == counting(120));
  const Tensor planes = t.reshape({2, 6, 2, 5});
  CHECK(planes.layout().is_channels_last());
  CHECK(planes.to_vector() == counting(120));
  CHECK(t.channel_slice(1, 2).reshape({80}).to_vector() == t.channel_slice(1, 2).to_vector());
  CHECK_THROWS_AS((void)t.reshape({7}), Error);
  CHECK(Tensor::full({1}, 3).reshape({}).shape().rank() == 0);
}

TEST_CASE("in_order returns itself when nothing is to be done") {
  const Tensor t = Tensor::from({1, 3, 2, 2}, counting(12));
  CHECK(t.in_order(Order::channels_last).storage() == t.storage());
  CHECK(t.in_order(Order::row_major).storage() != t.storage());
  const Tensor slice = t.channel_slice(0, 2);
  CHECK(slice.in_order(Order::channels_last).pixel_stride() == 2);
}

TEST_CASE("every type fills, copies and prints") {
  for (const DType type : {DType::f32, DType::f64, DType::bf16, DType::u8, DType::s8, DType::i32,
                           DType::i64, DType::boolean}) {
    const Tensor t = Tensor::zeros({1, 2, 2, 2}, type);
    t.channel_slice(1, 1).fill(1);
    CHECK(t.clone().to_vector() == std::vector<float>{0, 0, 0, 0, 1, 1, 1, 1});
    CHECK(to_text(t) == std::string(dtype_name(type)) + " 1x2x2x2 channels_last 0 0 0 0 1 1 1 1");
  }
  CHECK(size_of(DType::bf16) == 2);
  const Tensor halves = Tensor::empty({2}, DType::bf16);
  halves.fill(1.00390625f);  // halfway between two: to the even one
  CHECK(halves.to_vector()[0] == 1.0f);
  halves.fill(std::numeric_limits<float>::quiet_NaN());
  CHECK(std::isnan(halves.to_vector()[1]));
}

TEST_CASE("text of long and of odd tensors") {
  CHECK(to_text(Tensor()) == "undefined");
  CHECK(to_text(Tensor::full({}, 2.5f)) == "f32 scalar channels_last 2.5");
  CHECK(to_text(Tensor::from({20}, counting(20))) ==
        "f32 20 channels_last 1 2 3 4 5 6 7 8 ... 13 14 15 16 17 18 19 20");
  CHECK(to_text(Tensor::from({1, 2, 1, 2}, counting(4), Order::row_major)) ==
        "f32 1x2x1x2 row_major 1 2 3 4");
}

TEST_CASE("views check their storage") {
  const auto storage = Storage::allocate(64);
  CHECK_NOTHROW((void)Tensor::view(storage, Layout({16}, Order::row_major), DType::f32));
  CHECK_THROWS_AS((void)Tensor::view(storage, Layout({17}, Order::row_major), DType::f32), Error);
  CHECK_THROWS_AS((void)Tensor::view(nullptr, Layout({1}, Order::row_major), DType::f32), Error);
  CHECK(Tensor::zeros({0, 3, 4, 4}).to_vector().empty());
}

}  // namespace burin
