// From a graph to an ONNX file that onnx.checker, ONNX Runtime and OpenVINO take.
//
//   Tape tape(Mode::shapes);
//   const Value y = run_shapes(network, tape, default_shapes(network));
//   write_onnx("model.onnx", trace(tape, {&y, 1}));
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/graph/graph.h"

namespace burin {

struct OnnxExportOptions {
  int opset = 17;  // 13 to 21
  // Name of the open first axis of every input and of what follows from it; "": the graph's size.
  std::string batch = "batch";
  // Names of open axes from 2 on, as {"height", "width"}; empty: the graph's sizes. Refused where
  // an op has a size of its own: a reshape, a slice along such an axis, a resize by no whole factor.
  std::vector<std::string> spatial{};
  // Parameters and constants of more bytes than this go into "<file>.data" beside the model: a
  // message of protobuf holds 2 GiB.
  std::uint64_t largest_file = std::uint64_t{2000} << 20;
};

inline constexpr int oldest_export_opset = 13, newest_export_opset = 21;

// Parameters keep their names and graph.metadata becomes metadata_props; batch norm and dropout are
// written as inference does them, fused activations as nodes of their own. Atomic; the same bytes
// for the same arguments. Throws Error{"write <path>", ...}, naming an op that ONNX has not.
void write_onnx(const std::filesystem::path& path, const Graph& graph,
                const OnnxExportOptions& options = {});
// In memory: throws Error above options.largest_file.
[[nodiscard]] std::vector<std::uint8_t> encode_onnx(const Graph& graph,
                                                    const OnnxExportOptions& options = {});

}  // namespace burin
