// Text that other tools can read.
#pragma once

#include <string_view>

namespace burin {

// Well formed by RFC 3629: no surrogates, no overlong forms, nothing above U+10FFFF.
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

}  // namespace burin
