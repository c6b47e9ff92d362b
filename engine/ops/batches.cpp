#include "engine/ops/batches.h"

#include <vector>

#include "engine/error.h"
#include "engine/ops/broadcast.h"

namespace burin {

Shape leading(const Shape& shape) {
  return Shape(shape.sizes().first(static_cast<std::size_t>(shape.rank() - 2)));
}

Shape product_shape(std::string_view op, const Shape& a, const Shape& b) {
  if (a.rank() < 2) throw Error(std::string(op), "a of rank 2 or more", a.text());
  const std::int64_t depth = a[a.rank() - 1];
  if (b.rank() < 2 || b[b.rank() - 2] != depth)
    throw Error(std::string(op), "b [.., " + std::to_string(depth) + ", n]", b.text());
  const Shape batch = broadcast_shape(op, leading(a), leading(b));
  std::vector<std::int64_t> sizes(batch.sizes().begin(), batch.sizes().end());
  sizes.push_back(a[a.rank() - 2]);
  sizes.push_back(b[b.rank() - 1]);
  return Shape(sizes);
}

}  // namespace burin
