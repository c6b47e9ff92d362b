// An ONNX file as protobuf's message, but for the numbers of its large initializers: those stay in the
// file until a tensor takes them, so that they are not held twice.
#pragma once

#include <optional>
#include <vector>

#include "io/file.h"
#include "io/onnx/proto.h"

namespace burin::onnx_file {

// Where raw_data lies.
struct RawData {
  std::uint64_t offset = 0, bytes = 0;
};

struct Message {
  onnx::ModelProto model;
  // For each initializer of the graph; none where the message itself holds the numbers.
  std::vector<std::optional<RawData>> raw_data;
};

// Throws Error when the source is no ONNX file, is 2 GiB or more, or ends early.
[[nodiscard]] Message read_message(const ByteSource& source);

}  // namespace burin::onnx_file
