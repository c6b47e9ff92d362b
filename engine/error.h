// A caller's mistake: a wrong shape, option or file. Our own mistakes are asserts.
#pragma once

#include <stdexcept>
#include <string>

namespace burin {

// Three parts, one line: "<operation>: expected <expected>, got <got>".
class Error : public std::runtime_error {
 public:
  Error(std::string operation, std::string expected, std::string got);

  [[nodiscard]] const std::string& operation() const noexcept { return operation_; }
  [[nodiscard]] const std::string& expected() const noexcept { return expected_; }
  [[nodiscard]] const std::string& got() const noexcept { return got_; }

 private:
  std::string operation_, expected_, got_;
};

}  // namespace burin
