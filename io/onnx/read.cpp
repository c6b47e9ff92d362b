// Protobuf to plain data, with everything checked that rules and the import rely on.
#include <algorithm>
#include <cstring>
#include <set>

#include "engine/error.h"
#include "io/in_quotes.h"
#include "io/onnx/model.h"
#include "io/onnx/proto.h"
#include "io/onnx/read_message.h"
#include "io/onnx/read_tensor.h"
#include "io/utf8.h"

namespace burin {
namespace {

constexpr std::size_t most_nodes = 1'000'000;
constexpr std::size_t longest_name = 1 << 16;

class Reader {
 public:
  Reader(const ByteSource& source, const std::filesystem::path& folder)
      : source_(source), operation_(source.operation()), external_(folder, source.operation()) {
    model_.source = operation_;
    model_.bytes = source.size();
  }

  OnnxModel read(onnx_file::Message& message) {
    onnx::ModelProto& proto = message.model;
    if (!proto.has_graph()) fail("a graph", "none");
    onnx::GraphProto& graph = *proto.mutable_graph();
    read_opset(proto);
    model_.name = checked(graph.name(), "the graph's name");
    model_.producer = checked(proto.producer_name(), "producer_name");
    for (const auto& entry : proto.metadata_props())
      if (!model_.metadata
               .emplace(checked(entry.key(), "a key of metadata_props"),
                        checked(entry.value(), "metadata_props", longest_text))
               .second)
        fail("each key of metadata_props once", in_quotes(entry.key()));
    for (int i = 0; i < graph.initializer_size(); ++i)
      read_weight(*graph.mutable_initializer(i), message.raw_data[static_cast<std::size_t>(i)]);
    for (const auto& sparse : graph.sparse_initializer())
      add_weight(sparse.values().name(), OnnxForeign{"sparse tensor"});
    for (const auto& input : graph.input()) read_input(input);
    if (static_cast<std::size_t>(graph.node_size()) > most_nodes)
      fail("at most 1000000 nodes", std::to_string(graph.node_size()));
    for (auto& node : *graph.mutable_node()) read_node(node);
    check_order();
    for (const auto& output : graph.output()) read_output(output);
    if (model_.outputs.empty()) fail("an output", "none");
    model_.bytes += external_.bytes();
    return std::move(model_);
  }

 private:
  static constexpr std::size_t longest_text = 1 << 24;

  [[noreturn]] void fail(const std::string& expected, const std::string& got) const {
    throw Error(operation_, expected, got);
  }

  const std::string& checked(const std::string& text, const std::string& field,
                             std::size_t longest = longest_name) const {
    if (text.size() > longest)
      fail("at most " + std::to_string(longest) + " bytes in " + field,
           std::to_string(text.size()));
    if (!is_utf8(text)) fail("UTF-8 in " + field, in_quotes(text));
    return text;
  }

  void read_opset(const onnx::ModelProto& proto) {
    for (const auto& import : proto.opset_import()) {
      if (!import.domain().empty() && import.domain() != "ai.onnx") continue;
      if (import.version() < oldest_opset || import.version() > newest_opset)
        fail(
            "an opset from " + std::to_string(oldest_opset) + " to " + std::to_string(newest_opset),
            std::to_string(import.version()));
      model_.opset = static_cast<int>(import.version());
    }
    if (model_.opset == 0) fail("an opset_import of ONNX's own domain", "none");
  }

  void add_weight(const std::string& name, OnnxTensor tensor) {
    if (checked(name, "the name of an initializer").empty())
      fail("names of initializers", "an initializer without one");
    if (!model_.weights.emplace(name, std::move(tensor)).second)
      fail("each initializer once", in_quotes(name));
  }

  void read_weight(onnx::TensorProto& proto, const std::optional<onnx_file::RawData>& raw) {
    const std::string name = checked(proto.name(), "the name of an initializer");
    add_weight(name, onnx_file::read_tensor(proto, "initializer " + in_quotes(name),
                                            {source_, external_, raw}));
  }

  OnnxValue value_of(const onnx::ValueInfoProto& proto, const std::string& kind) const {
    OnnxValue value;
    value.name = checked(proto.name(), "the name of an " + kind);
    const std::string where = kind + " " + in_quotes(value.name);
    if (value.name.empty()) fail("a name of each " + kind, "none");
    if (!proto.type().has_tensor_type()) {
      value.type = OnnxForeign{"what is no tensor"};
      return value;
    }
    const auto& tensor = proto.type().tensor_type();
    value.type = onnx_file::type_of(tensor.elem_type());
    if (!tensor.has_shape()) return value;
    value.dimensions.emplace();
    for (const auto& dim : tensor.shape().dim()) {
      OnnxDimension dimension{.symbol = checked(dim.dim_param(), "a dimension of " + where)};
      if (dim.has_dim_value() && dim.dim_value() < 0)
        fail("dimensions >= 0 of " + where, std::to_string(dim.dim_value()));
      if (dim.has_dim_value()) dimension.size = dim.dim_value();
      value.dimensions->push_back(std::move(dimension));
    }
    return value;
  }

  void read_input(const onnx::ValueInfoProto& proto) {
    OnnxValue value = value_of(proto, "input");
    if (!listed_.insert(value.name).second) fail("each input once", in_quotes(value.name));
    if (!model_.weights.contains(value.name)) model_.inputs.push_back(std::move(value));
  }

  void read_output(const onnx::ValueInfoProto& proto) {
    OnnxValue value = value_of(proto, "output");
    if (!made_.contains(value.name))
      fail("a node, input or initializer that makes output " + in_quotes(value.name), "none");
    for (const OnnxValue& other : model_.outputs)
      if (other.name == value.name) fail("each output once", in_quotes(value.name));
    model_.outputs.push_back(std::move(value));
  }

  OnnxAttribute attribute_of(onnx::AttributeProto& proto, const std::string& where) {
    using Proto = onnx::AttributeProto;
    if (!proto.ref_attr_name().empty()) fail("a value of " + where, "a reference");
    Proto::AttributeType type = proto.type();
    if (type == Proto::UNDEFINED)  // IR versions 1 and 2
      type = proto.has_i()              ? Proto::INT
             : proto.has_f()            ? Proto::FLOAT
             : proto.has_s()            ? Proto::STRING
             : proto.has_t()            ? Proto::TENSOR
             : proto.floats_size() > 0  ? Proto::FLOATS
             : proto.strings_size() > 0 ? Proto::STRINGS
                                        : Proto::INTS;
    switch (type) {
      case Proto::INT:
        return proto.i();
      case Proto::FLOAT:
        return proto.f();
      case Proto::STRING:
        return checked(proto.s(), where, longest_text);
      case Proto::INTS:
        return std::vector<std::int64_t>(proto.ints().begin(), proto.ints().end());
      case Proto::FLOATS:
        return std::vector<float>(proto.floats().begin(), proto.floats().end());
      case Proto::STRINGS:
        return std::vector<std::string>(proto.strings().begin(), proto.strings().end());
      case Proto::TENSOR:
        return onnx_file::read_tensor(*proto.mutable_t(), where, {source_, external_, {}});
      case Proto::GRAPH:
      case Proto::GRAPHS:
        return OnnxSubgraph{};
      default:
        return OnnxTensor(OnnxForeign{Proto::AttributeType_Name(type)});
    }
  }

  void read_node(onnx::NodeProto& proto) {
    OnnxNode node;
    node.op = checked(proto.op_type(), "op_type");
    if (!proto.domain().empty() && proto.domain() != "ai.onnx")
      node.op = checked(proto.domain(), "the domain of a node") + "::" + node.op;
    node.name = checked(proto.name(), "the name of a node");
    const std::string where = node.op + " " + in_quotes(node.name);
    for (const auto& input : proto.input())
      node.inputs.push_back(checked(input, "an input of " + where));
    for (const auto& output : proto.output())
      node.outputs.push_back(checked(output, "an output of " + where));
    if (node.name.empty() && !node.outputs.empty()) node.name = node.outputs[0];
    for (auto& attribute : *proto.mutable_attribute()) {
      const std::string name = checked(attribute.name(), "the name of an attribute of " + where);
      if (!node.attributes
               .emplace(name,
                        attribute_of(attribute, "attribute " + in_quotes(name) + " of " + where))
               .second)
        fail("each attribute of " + where + " once", in_quotes(name));
    }
    proto.Clear();
    model_.nodes.push_back(std::move(node));
  }

  // Every node reads what inputs, initializers and nodes before it make; no value is made twice.
  void check_order() {
    std::set<std::string, std::less<>> later;
    for (const OnnxNode& node : model_.nodes)
      for (const std::string& output : node.outputs) later.insert(output);
    for (const OnnxValue& input : model_.inputs) made_.insert(input.name);
    for (const auto& [name, tensor] : model_.weights) made_.insert(name);
    for (const OnnxNode& node : model_.nodes) {
      const std::string where = node.op + " " + in_quotes(node.name);
      for (const std::string& input : node.inputs)
        if (!input.empty() && !made_.contains(input))
          fail("input " + in_quotes(input) + " of " + where + " made before it",
               later.contains(input) ? "a cycle, or nodes out of order" : "nothing that makes it");
      for (const std::string& output : node.outputs)
        if (!output.empty() && !made_.insert(output).second)
          fail("a value of its own as output of " + where, in_quotes(output) + " a second time");
    }
  }

  const ByteSource& source_;
  std::string operation_;
  onnx_file::ExternalData external_;
  OnnxModel model_;
  std::set<std::string, std::less<>> listed_, made_;
};

OnnxModel read_source(const ByteSource& source, const std::filesystem::path& folder) {
  onnx_file::Message message = onnx_file::read_message(source);
  return Reader(source, folder).read(message);
}

}  // namespace

OnnxModel read_onnx(const std::filesystem::path& path) {
  const auto folder = path.parent_path();
  return read_source(ByteSource(path), folder.empty() ? "." : folder);
}

OnnxModel decode_onnx(std::span<const std::uint8_t> bytes, const std::string& name) {
  return read_source(ByteSource(bytes, name), {});
}

}  // namespace burin
