#include "io/onnx/export.h"

#include <algorithm>
#include <array>
#include <bit>
#include <map>

#include "engine/error.h"
#include "io/atomic_file.h"
#include "io/onnx/writer.h"
#include "io/utf8.h"

namespace burin {
namespace {

const OnnxWriter& writer_of(ExportContext& context) {
  const std::string_view op = context.node().op->name;
  for (const auto family : {onnx_writers_layer, onnx_writers_point, onnx_writers_move,
                            onnx_writers_number, onnx_writers_index})
    for (const OnnxWriter& writer : family())
      if (writer.op == op) return writer;
  context.refuse("an op that can be written", "none in ONNX");
}

// The first format version that knows the opset.
int ir_version_of(int opset) { return opset < 19 ? 8 : opset < 21 ? 9 : 10; }

class Export {
 public:
  Export(const Graph& graph, const OnnxExportOptions& options, std::string operation)
      : graph_(graph), options_(options), operation_(std::move(operation)) {
    static_assert(std::endian::native == std::endian::little);
    if (options.opset < oldest_export_opset || options.opset > newest_export_opset)
      throw Error(operation_,
                  "an opset from " + std::to_string(oldest_export_opset) + " to " +
                      std::to_string(newest_export_opset),
                  std::to_string(options.opset));
    if (graph.outputs.empty()) throw Error(operation_, "a graph with an output", "none");
  }

  onnx::ModelProto run() {
    onnx::ModelProto model;
    model.set_ir_version(ir_version_of(options_.opset));
    model.set_producer_name("burin");
    model.add_opset_import()->set_version(options_.opset);
    for (const auto& [key, value] : graph_.metadata) {
      if (!is_utf8(key) || !is_utf8(value))
        throw Error(operation_, "metadata in UTF-8", "other bytes");
      auto& entry = *model.add_metadata_props();
      entry.set_key(key);
      entry.set_value(value);
    }
    onnx::GraphProto& proto = *model.mutable_graph();
    proto.set_name(graph_.name.empty() ? "burin" : graph_.name);
    write_graph(proto);
    return model;
  }

 private:
  void write_graph(onnx::GraphProto& proto) {
    ExportContext context(graph_, options_, operation_, proto);
    for (const int id : graph_.inputs) {
      const Node& input = graph_.at(id);
      const std::string name = context.unique(input.name);
      if (name != input.name || name.empty())
        throw Error(operation_, "inputs with names of their own", "'" + input.name + "' twice");
      context.rename(id, name);
      describe(*proto.add_input(), name, input, true);
    }
    for (const GraphOutput& output : graph_.outputs)
      if (output.name.empty() || context.unique(output.name) != output.name)
        throw Error(operation_, "outputs with names of their own", "'" + output.name + "' twice");
    for (int id = 0; id < static_cast<int>(graph_.nodes.size()); ++id) {
      if (graph_.at(id).op == nullptr) continue;
      context.begin(id);
      writer_of(context).write(context);
      context.rename(id, context.result());
    }
    for (const GraphOutput& output : graph_.outputs) {
      onnx::NodeProto& node = *proto.add_node();
      node.set_op_type("Identity");
      node.set_name(context.unique(output.name + "/Identity"));
      node.add_input(context.name_of(output.node));
      node.add_output(output.name);
      describe(*proto.add_output(), output.name, graph_.at(output.node),
               context.follows_input(output.node));
    }
    shorten(proto);
  }

  // An output that a node makes for nobody else is that node's own.
  static void shorten(onnx::GraphProto& proto) {
    std::map<std::string, int> readers;
    std::map<std::string, std::pair<int, int>> makers;  // node, output
    for (int n = 0; n < proto.node_size(); ++n) {
      for (const std::string& input : proto.node(n).input()) ++readers[input];
      for (int i = 0; i < proto.node(n).output_size(); ++i)
        makers[proto.node(n).output(i)] = {n, i};
    }
    std::vector<bool> dropped(static_cast<std::size_t>(proto.node_size()));
    for (int n = proto.node_size() - proto.output_size(); n < proto.node_size(); ++n) {
      const std::string& value = proto.node(n).input(0);
      const auto maker = makers.find(value);
      if (maker == makers.end() || readers[value] != 1) continue;
      const auto [node, output] = maker->second;
      *proto.mutable_node(node)->mutable_output(output) = proto.node(n).output(0);
      dropped[static_cast<std::size_t>(n)] = true;
    }
    google::protobuf::RepeatedPtrField<onnx::NodeProto> kept;
    for (int n = 0; n < proto.node_size(); ++n)
      if (!dropped[static_cast<std::size_t>(n)]) *kept.Add() = std::move(*proto.mutable_node(n));
    proto.mutable_node()->Swap(&kept);
  }

  void describe(onnx::ValueInfoProto& proto, const std::string& name, const Node& node,
                bool follows) const {
    proto.set_name(name);
    auto& tensor = *proto.mutable_type()->mutable_tensor_type();
    tensor.set_elem_type(onnx_type_of(node.type));
    auto& shape = *tensor.mutable_shape();
    const bool input = node.op == nullptr && !node.value;
    for (int axis = 0; axis < node.shape.rank(); ++axis) {
      auto& dim = *shape.add_dim();
      const auto place = static_cast<std::size_t>(axis - 2);
      if (follows && axis == 0 && !options_.batch.empty())
        dim.set_dim_param(options_.batch);
      else if (follows && axis >= 2 && !options_.spatial.empty() && input)
        dim.set_dim_param(place < options_.spatial.size() ? options_.spatial[place]
                                                          : "axis" + std::to_string(axis));
      else if (!follows || axis < 2 || options_.spatial.empty())
        dim.set_dim_value(node.shape[axis]);
      // else: an open size that follows from the input's, left unsaid
    }
  }

  const Graph& graph_;
  const OnnxExportOptions& options_;
  std::string operation_;
};

std::uint64_t bytes_of_weights(const onnx::ModelProto& model) {
  std::uint64_t bytes = 0;
  for (const auto& weight : model.graph().initializer()) bytes += weight.raw_data().size();
  return bytes;
}

// Moves the numbers into a file of their own, each at a multiple of 4096 bytes as ONNX advises.
void write_external(const std::filesystem::path& path, onnx::ModelProto& model) {
  constexpr std::uint64_t page = 4096, least = 1024;  // smaller ones stay, shapes among them
  static constexpr std::array<std::uint8_t, page> zeros{};
  AtomicFile file(path);
  for (auto& weight : *model.mutable_graph()->mutable_initializer()) {
    const std::string& raw = weight.raw_data();
    if (raw.size() < least) continue;
    file.write(std::span(zeros).first((page - file.written() % page) % page));
    const auto add = [&](const char* key, const std::string& value) {
      auto& entry = *weight.add_external_data();
      entry.set_key(key);
      entry.set_value(value);
    };
    add("location", path.filename().string());
    add("offset", std::to_string(file.written()));
    add("length", std::to_string(raw.size()));
    weight.set_data_location(onnx::TensorProto::EXTERNAL);
    file.write(raw);
    weight.clear_raw_data();
  }
  file.commit();
}

std::string bytes_of(const onnx::ModelProto& model, const std::string& operation) {
  std::string bytes;
  if (model.ByteSizeLong() > (std::uint64_t{1} << 31) - 1 || !model.SerializeToString(&bytes))
    throw Error(operation, "a model below 2 GiB", std::to_string(model.ByteSizeLong()) + " bytes");
  return bytes;
}

}  // namespace

void write_onnx(const std::filesystem::path& path, const Graph& graph,
                const OnnxExportOptions& options) {
  const std::string operation = "write " + path.string();
  onnx::ModelProto model = Export(graph, options, operation).run();
  if (bytes_of_weights(model) > options.largest_file)
    write_external(path.string() + ".data", model);
  write_file(path, bytes_of(model, operation));
}

std::vector<std::uint8_t> encode_onnx(const Graph& graph, const OnnxExportOptions& options) {
  const std::string operation = "write an ONNX model";
  const onnx::ModelProto model = Export(graph, options, operation).run();
  if (bytes_of_weights(model) > options.largest_file)
    throw Error(operation, "at most " + std::to_string(options.largest_file) + " bytes of weights",
                std::to_string(bytes_of_weights(model)));
  const std::string bytes = bytes_of(model, operation);
  return {bytes.begin(), bytes.end()};
}

}  // namespace burin
