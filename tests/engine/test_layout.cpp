#include <doctest/doctest.h>

#include "engine/error.h"
#include "engine/tensor/layout.h"

namespace burin {

TEST_CASE("shapes: sizes, text, limits") {
  const Shape s{2, 3, 4, 5};
  CHECK(s.elements() == 120);
  CHECK(s.spatial() == 20);
  CHECK(s.text() == "2x3x4x5");
  CHECK(Shape().elements() == 1);
  CHECK(Shape().text() == "scalar");
  CHECK(s.with(1, 7) == Shape{2, 7, 4, 5});
  CHECK(!(s == Shape{2, 3, 4}));
  CHECK(Shape{0, 5}.elements() == 0);
  CHECK_THROWS_AS((Shape{1, 1, 1, 1, 1, 1, 1}), Error);
  CHECK_THROWS_AS((Shape{2, -1}), Error);
  CHECK_THROWS_AS((Shape{std::int64_t{1} << 40, std::int64_t{1} << 40}), Error);
  CHECK_THROWS_AS((Shape{std::int64_t{1} << 40, std::int64_t{1} << 19}), Error);
  CHECK_THROWS_AS((Shape{0, std::int64_t{1} << 40, std::int64_t{1} << 40}), Error);
  CHECK_THROWS_AS((void)s.with(4, 1), Error);
}

TEST_CASE("channels last: strides and slices") {
  const Layout l({2, 8, 4, 5}, Order::channels_last);
  CHECK(l.stride(1) == 1);
  CHECK(l.stride(3) == 8);
  CHECK(l.stride(2) == 40);
  CHECK(l.stride(0) == 160);
  CHECK(l.is_channels_last());
  CHECK(!l.is_row_major());
  CHECK(l.is_dense());
  CHECK(l.extent() == 320);
  const Layout slice = l.channel_slice(3, 2);
  CHECK(slice.offset() == 3);
  CHECK(slice.pixel_stride() == 8);
  CHECK(slice.is_channels_last());
  CHECK(!slice.is_dense());
  CHECK(slice.extent() == 39 * 8 + 2);
  const Layout image = l.batch_slice(1, 1);
  CHECK(image.offset() == 160);
  CHECK(image.is_dense());
  CHECK_THROWS_AS((void)l.channel_slice(7, 2), Error);
  CHECK_THROWS_AS((void)l.channel_slice(-1, 2), Error);
  CHECK_THROWS_AS((void)l.batch_slice(1, std::int64_t{1} << 62), Error);
  CHECK_THROWS_AS((void)Layout({4}, Order::row_major).channel_slice(0, 1), Error);
}

TEST_CASE("five dimensions, two, one and none") {
  const Layout volume({2, 3, 4, 5, 6}, Order::channels_last);
  CHECK(volume.stride(4) == 3);
  CHECK(volume.stride(2) == 3 * 6 * 5);
  CHECK(volume.is_channels_last());
  const Layout matrix({3, 7}, Order::channels_last);
  CHECK(matrix.is_row_major());
  CHECK(matrix.is_channels_last());
  CHECK(matrix.pixel_stride() == 7);
  CHECK(Layout({5}, Order::channels_last).is_dense());
  CHECK(Layout({}, Order::channels_last).is_dense());
  CHECK(Layout({0, 3, 4, 4}, Order::channels_last).is_dense());
}

TEST_CASE("axes of size 1 fit both orders") {
  const Layout one_channel({2, 1, 4, 5}, Order::row_major);
  CHECK(one_channel.is_channels_last());
  CHECK(one_channel.is_row_major());
  CHECK(one_channel.pixel_stride() == 1);
  const Layout one_pixel({2, 6, 1, 1}, Order::row_major);
  CHECK(one_pixel.is_channels_last());
  CHECK(one_pixel.pixel_stride() == 6);
  const Layout both({2, 3, 4, 5}, Order::row_major);
  CHECK(!both.is_channels_last());
  CHECK(both.is_dense());
  CHECK(one_channel.same_strides(Layout({2, 1, 4, 5}, Order::channels_last)));
  CHECK(!both.same_strides(Layout({2, 3, 4, 5}, Order::channels_last)));
}

TEST_CASE("reshape gives a view exactly where strides allow") {
  const Layout rows({2, 3, 4}, Order::row_major);
  REQUIRE(rows.reshape({6, 4}));
  CHECK(rows.reshape({6, 4})->stride(0) == 4);
  const Layout planes({2, 3, 4, 5}, Order::channels_last);
  REQUIRE(planes.reshape({2, 3, 20}));  // pixels are in a row
  CHECK(planes.reshape({2, 3, 20})->stride(2) == 3);
  CHECK(planes.reshape({2, 3, 20})->is_channels_last());
  REQUIRE(planes.reshape({2, 3, 1, 2, 2, 5}));
  CHECK(planes.reshape({2, 3, 1, 2, 2, 5})->stride(3) == 30);
  CHECK(!planes.reshape({2, 60}));  // logical order puts the channel outside
  CHECK(!planes.reshape({6, 20}));
  const Layout slice = planes.channel_slice(1, 2);
  CHECK(slice.reshape({2, 2, 20})->offset() == 1);
  CHECK(!slice.reshape({80}));
  REQUIRE(Layout({1, 8, 1, 1}, Order::channels_last).reshape({1, 8}));
  CHECK(Layout({4, 8, 1, 1}, Order::channels_last).reshape({4, 8})->is_dense());
  CHECK(Layout({1}, Order::row_major).reshape({})->is_dense());
}

}  // namespace burin
