#include "engine/error.h"

#include <utility>

namespace burin {

Error::Error(std::string operation, std::string expected, std::string got)
    : std::runtime_error(operation + ": expected " + expected + ", got " + got),
      operation_(std::move(operation)),
      expected_(std::move(expected)),
      got_(std::move(got)) {}

}  // namespace burin
