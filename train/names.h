// Words of an enumeration, as recipes and messages spell them.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "engine/error.h"

namespace burin::train {

// names[i] belongs to the enumerator of value i.
template <class E, std::size_t N>
[[nodiscard]] E enum_from(std::string_view what, std::string_view word,
                          const std::array<std::string_view, N>& names) {
  std::string all;
  for (std::size_t i = 0; i < N; ++i) {
    if (names[i] == word) return static_cast<E>(i);
    all += (i ? ", " : "") + std::string(names[i]);
  }
  throw Error(std::string(what), "one of " + all, "'" + std::string(word) + "'");
}

}  // namespace burin::train
