// An ONNX file (onnx.ai, IR version 3 and later) as plain data: checked, numbers in tensors, nothing
// of protobuf left. import.h makes graphs of it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/tensor/tensor.h"

namespace burin {

struct OnnxDimension {
  std::int64_t size = -1;  // -1: open
  std::string symbol;      // the name of an open size, where the file gives one
};

// A type that the engine does not have: "float16", "string", "sequence", ...
struct OnnxForeign {
  std::string type;
};

// An input or an output.
struct OnnxValue {
  std::string name;
  std::variant<DType, OnnxForeign> type = DType::f32;
  std::optional<std::vector<OnnxDimension>> dimensions;  // none: not even the rank is known
};

struct OnnxSubgraph {};                                // its nodes are not kept
using OnnxTensor = std::variant<Tensor, OnnxForeign>;  // row major
using OnnxAttribute =
    std::variant<std::int64_t, float, std::string, std::vector<std::int64_t>, std::vector<float>,
                 std::vector<std::string>, OnnxTensor, OnnxSubgraph>;

struct OnnxNode {
  std::string op;    // "Conv"; with its domain where that is not ONNX's: "com.microsoft::Gelu"
  std::string name;  // of the node, else of its first output
  std::vector<std::string> inputs, outputs;  // "": absent
  std::map<std::string, OnnxAttribute, std::less<>> attributes;
};

struct OnnxModel {
  std::string source;  // "read model.onnx": the operation of errors about this file
  std::string name;    // of the graph
  std::string producer;
  int opset = 0;                                           // of ONNX's own domain
  std::vector<OnnxValue> inputs;                           // those without an initializer
  std::vector<OnnxValue> outputs;                          // one or more
  std::map<std::string, std::string> metadata;             // metadata_props
  std::map<std::string, OnnxTensor, std::less<>> weights;  // initializers
  std::vector<OnnxNode> nodes;                             // each reads what stands before it
  std::uint64_t bytes = 0;  // of the file and its external data; what imports may cost follows it
};

// Opsets that are read; between 9 and 21 the rules are tested against exports.
inline constexpr int oldest_opset = 1, newest_opset = 23;

// Throws Error{"read <path>", expected, got} that names node and field: what is no ONNX file, names
// that are missing, double or no UTF-8, numbers that do not fit their shape, cycles. External data
// must be a regular file below the folder of the model, reached by no link that leaves it.
[[nodiscard]] OnnxModel read_onnx(const std::filesystem::path& path);
// From memory, `name` in place of the path; external data is refused.
[[nodiscard]] OnnxModel decode_onnx(std::span<const std::uint8_t> bytes, const std::string& name);

}  // namespace burin
