// An ONNX file as protobuf's message, but for the numbers of its large initializers: those stay in the
// file until a tensor takes them, so that they are not held twice.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
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

// The numbers of an initializer, by all threads: most of the time goes into memory that is touched for
// the first time. Throws Error when the file shrinks under us.
void read_raw(const ByteSource& source, const RawData& raw, std::span<std::uint8_t> to);

}  // namespace burin::onnx_file
