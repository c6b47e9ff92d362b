#include <doctest/doctest.h>

#include <algorithm>

#include "engine/tensor/tensor.h"

namespace burin::test {
namespace {

// Whole numbers that every type holds.
Tensor counted(const Shape& shape, DType type, Order order) {
  std::vector<float> numbers(static_cast<std::size_t>(shape.elements()));
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<float>(i * 37 % 101);
  const Tensor out = Tensor::empty(shape, type, order);
  const Tensor plain = Tensor::empty(shape, type, Order::row_major);
  for (std::size_t i = 0; i < numbers.size(); ++i) switch (type) {
      case DType::u8:
        plain.data<std::uint8_t>()[i] = static_cast<std::uint8_t>(numbers[i]);
        break;
      case DType::i32:
        plain.data<std::int32_t>()[i] = static_cast<std::int32_t>(numbers[i]);
        break;
      case DType::f64:
        plain.data<double>()[i] = static_cast<double>(numbers[i]);
        break;
      default:
        plain.data()[i] = numbers[i];
    }
  out.copy_from(plain);
  return out;
}

}  // namespace

TEST_CASE("numbers keep their places from one layout to another") {
  for (const Shape& shape :
       {Shape{2, 3, 5, 7}, Shape{1, 70, 4, 4}, Shape{3, 1, 2, 2}, Shape{2, 5}, Shape{2, 3, 2, 3, 4},
        Shape{1, 2, 300, 301}, Shape{4, 33, 1, 1}, Shape{6}})
    for (const DType type : {DType::f32, DType::u8, DType::i32, DType::f64}) {
      INFO(shape.text() << " " << std::string(dtype_name(type)));
      std::vector<float> want(static_cast<std::size_t>(shape.elements()));
      for (std::size_t i = 0; i < want.size(); ++i) want[i] = static_cast<float>(i * 37 % 101);
      const Tensor last = counted(shape, type, Order::channels_last);
      const Tensor rows = counted(shape, type, Order::row_major);
      CHECK(rows.layout().is_row_major());
      CHECK(last.to_vector() == want);
      CHECK(rows.to_vector() == want);
      CHECK(last.in_order(Order::row_major).to_vector() == want);
      CHECK(rows.in_order(Order::channels_last).to_vector() == want);
      CHECK(rows.in_order(Order::channels_last).layout().is_channels_last());
    }
}

TEST_CASE("axes in any order, dense and with gaps, into either order") {
  const Shape shape{3, 70, 5, 9};
  const auto at = [](const Tensor& t, const std::vector<std::int64_t>& index) {
    std::int64_t offset = 0;
    for (std::size_t i = 0; i < index.size(); ++i)
      offset += index[i] * t.layout().stride(static_cast<int>(i));
    return t.dtype() == DType::u8 ? static_cast<int>(t.data<std::uint8_t>()[offset])
                                  : static_cast<int>(t.data<double>()[offset]);
  };
  for (const DType type : {DType::u8, DType::f64})
    for (const bool gaps : {false, true}) {
      const Tensor whole = counted(shape, type, Order::channels_last);
      const Tensor x = gaps ? whole.channel_slice(1, 67) : whole;
      std::vector<int> order{0, 1, 2, 3};
      do {
        const Tensor y = x.permuted(order);
        for (const Order target : {Order::channels_last, Order::row_major}) {
          const Tensor copy = y.in_order(target);
          std::int64_t wrong = 0;
          std::vector<std::int64_t> index(4), from(4);
          for (index[0] = 0; index[0] < copy.shape()[0]; ++index[0])
            for (index[1] = 0; index[1] < copy.shape()[1]; ++index[1])
              for (index[2] = 0; index[2] < copy.shape()[2]; ++index[2])
                for (index[3] = 0; index[3] < copy.shape()[3]; ++index[3]) {
                  for (std::size_t i = 0; i < 4; ++i)
                    from[static_cast<std::size_t>(order[i])] = index[i];
                  wrong += at(copy, index) != at(x, from);
                }
          INFO(order[0] << order[1] << order[2] << order[3]);
          CHECK(wrong == 0);
        }
      } while (std::ranges::next_permutation(order).found);
    }
}

TEST_CASE("a shuffle of channels is one copy, channels last") {
  const Tensor x = counted({2, 6, 2, 3}, DType::f32, Order::channels_last);
  const int order[] = {0, 2, 1, 3, 4};
  const Tensor y = x.reshape({2, 2, 3, 2, 3}).permuted(order).reshape({2, 6, 2, 3});
  CHECK(y.layout().is_channels_last());
  for (std::int64_t pixel = 0; pixel < 12; ++pixel)
    for (std::int64_t c = 0; c < 6; ++c)
      CHECK(y.data()[pixel * 6 + c] == x.data()[pixel * 6 + c % 2 * 3 + c / 2]);
}

TEST_CASE("channel slices go through every copy and touch nothing else") {
  const Tensor whole = counted({2, 9, 6, 5}, DType::f32, Order::channels_last);
  const Tensor part = whole.channel_slice(2, 4);
  const Tensor rows = part.in_order(Order::row_major);
  CHECK(rows.to_vector() == part.to_vector());
  const Tensor target = Tensor::zeros({2, 11, 6, 5});
  target.channel_slice(3, 4).copy_from(part);
  CHECK(target.channel_slice(3, 4).to_vector() == part.to_vector());
  target.channel_slice(3, 4).copy_from(rows);
  CHECK(target.channel_slice(3, 4).to_vector() == part.to_vector());
  for (const float v : target.channel_slice(0, 3).to_vector()) CHECK(v == 0);
  for (const float v : target.channel_slice(7, 4).to_vector()) CHECK(v == 0);
}

}  // namespace burin::test
