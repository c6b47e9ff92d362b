// What a file says is either taken whole or refused with an Error that names the place.
#include <doctest/doctest.h>

#include <cstring>

#include "engine/error.h"
#include "tests/onnx/build_model.h"

namespace burin::test {
namespace {

// y = relu(x + w), x [n,3]
BuildModel small() {
  BuildModel model;
  model.input("x", {-2, 3}).output("y");
  model.weight("w", {3}, {1, -2, 3});
  model.node("Add", {"x", "w"}, {"s"});
  model.node("Relu", {"s"}, {"y"});
  return model;
}

// The wire form of a field that holds bytes.
std::string field(char tag, const std::string& content) {
  std::string out(1, tag);
  for (std::size_t n = content.size(); out.size() == 1 || n > 0; n >>= 7)
    out += static_cast<char>((n & 127u) | (n > 127 ? 128u : 0u));
  return out + content;
}

template <class Change>
std::string error_after(Change&& change) {
  BuildModel model = small();
  change(model);
  return error_of([&] { (void)model.decode(); });
}

bool has(const std::string& text, const std::string& part) {
  INFO(text);
  CHECK(text.find(part) != std::string::npos);
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a file is read as it was written") {
  BuildModel model = small();
  auto& entry = *model.proto.add_metadata_props();
  entry.set_key("task");
  entry.set_value("vessels \xc3\xa4");
  const OnnxModel read = model.decode();
  CHECK(read.opset == 17);
  CHECK(read.name == "test");
  REQUIRE(read.inputs.size() == 1);
  CHECK(read.inputs[0].dimensions->at(0).size == -1);
  CHECK(read.inputs[0].dimensions->at(0).symbol == "n");
  CHECK(read.inputs[0].dimensions->at(1).size == 3);
  CHECK(read.outputs.at(0).name == "y");
  CHECK(read.metadata.at("task") == "vessels \xc3\xa4");
  CHECK(std::get<Tensor>(read.weights.at("w")).to_vector() == std::vector<float>{1, -2, 3});
  CHECK(read.nodes.at(1).op == "Relu");
}

TEST_CASE("initializers of every type, in fields and as bytes") {
  using onnx::TensorProto;
  const auto read = [](TensorProto tensor) {
    BuildModel model = small();
    tensor.set_name("t");
    *model.graph().add_initializer() = tensor;
    return std::get<Tensor>(model.decode().weights.at("t"));
  };
  TensorProto t;
  t.add_dims(2);
  t.set_data_type(TensorProto::INT8);
  t.add_int32_data(-128);
  t.add_int32_data(127);
  CHECK(read(t).to_vector() == std::vector<float>{-128, 127});
  CHECK(read(t).dtype() == DType::s8);
  t.set_int32_data(1, 128);
  CHECK_THROWS_AS((void)read(t), Error);
  t.Clear();
  t.set_data_type(TensorProto::DOUBLE);
  t.add_double_data(0.1);  // rank 0
  CHECK(*read(t).data<double>() == 0.1);
  t.Clear();
  t.add_dims(1);
  t.set_data_type(TensorProto::INT64);
  const std::int64_t large = std::int64_t{1} << 60 | 1;
  t.set_raw_data(&large, 8);
  CHECK(*read(t).data<std::int64_t>() == large);
  t.set_data_type(TensorProto::BOOL);
  t.set_raw_data("\x02");
  CHECK_THROWS_AS((void)read(t), Error);
  t.set_raw_data("\x01");
  CHECK(read(t).dtype() == DType::boolean);
}

TEST_CASE("tensors whose sizes and numbers disagree") {
  has(error_after([](BuildModel& m) { m.graph().mutable_initializer(0)->set_dims(0, 4); }),
      "4 numbers in initializer \"w\"");
  has(error_after([](BuildModel& m) { m.graph().mutable_initializer(0)->set_dims(0, -3); }),
      "dims >= 0 in initializer \"w\", got -3");
  has(error_after([](BuildModel& m) {
        for (int i = 0; i < 3; ++i)
          m.graph().mutable_initializer(0)->add_dims(std::int64_t{1} << 40);
      }),
      "dims of initializer \"w\"");
  has(error_after([](BuildModel& m) {
        m.graph().mutable_initializer(0)->set_dims(0, std::int64_t{1} << 61);
        m.graph().mutable_initializer(0)->set_raw_data("abcd");
      }),
      "initializer \"w\"");
  has(error_after([](BuildModel& m) { m.graph().mutable_initializer(0)->set_raw_data("abcd"); }),
      "12 bytes of raw_data in initializer \"w\", got 4");
  has(error_after([](BuildModel& m) {
        for (int i = 0; i < 6; ++i) m.graph().mutable_initializer(0)->add_dims(1);
      }),
      "at most 6 dims");
}

TEST_CASE("names") {
  has(error_after([](BuildModel& m) { m.weight("w", {1}, {1}); }), "each initializer once");
  has(error_after([](BuildModel& m) { m.weight("", {1}, {1}); }), "names of initializers");
  has(error_after([](BuildModel& m) { m.input("x", {1}); }), "each input once, got \"x\"");
  has(error_after([](BuildModel& m) { m.output("y"); }), "each output once, got \"y\"");
  has(error_after([](BuildModel& m) { m.output("z"); }), "makes output \"z\", got none");
  has(error_after([](BuildModel& m) { m.node("Relu", {"x"}, {"y"}); }),
      "output of Relu \"Relu3\", got \"y\" a second time");
  has(error_after([](BuildModel& m) { m.node("Relu", {"x"}, {"w"}); }), "a second time");
  has(error_after([](BuildModel& m) { m.graph().mutable_node(0)->set_name("a\xff"); }), "UTF-8");
  has(error_after([](BuildModel& m) { m.graph().mutable_node(0)->set_input(1, "\xc0\x80"); }),
      "UTF-8 in an input of Add");
  has(error_after([](BuildModel& m) { m.graph().mutable_input(0)->set_name("\xed\xa0\x80"); }),
      "UTF-8");
  has(error_after([](BuildModel& m) {
        set_integer(*m.graph().mutable_node(0), "a", 1);
        set_integer(*m.graph().mutable_node(0), "a", 2);
      }),
      "each attribute of Add \"Add1\" once");
}

TEST_CASE("cycles, order and what nothing makes") {
  has(error_after([](BuildModel& m) { m.graph().mutable_node(0)->set_input(1, "y"); }),
      "input \"y\" of Add \"Add1\" made before it, got a cycle");
  has(error_after([](BuildModel& m) { m.graph().mutable_node(0)->set_input(0, "s"); }), "a cycle");
  has(error_after([](BuildModel& m) { m.graph().mutable_node()->SwapElements(0, 1); }),
      "nodes out of order");
  has(error_after([](BuildModel& m) { m.graph().clear_initializer(); }),
      "input \"w\" of Add \"Add1\" made before it, got nothing");
}

TEST_CASE("the frame of the file") {
  has(error_after([](BuildModel& m) { m.proto.clear_graph(); }), "a graph, got none");
  has(error_after([](BuildModel& m) { m.proto.clear_opset_import(); }), "opset_import");
  has(error_after([](BuildModel& m) { m.proto.mutable_opset_import(0)->set_version(0); }),
      "an opset from 1");
  has(error_after([](BuildModel& m) { m.graph().clear_output(); }), "an output, got none");
  has(error_after([](BuildModel& m) {
        auto* dim = m.graph().mutable_input(0)->mutable_type()->mutable_tensor_type();
        dim->mutable_shape()->mutable_dim(1)->set_dim_value(-7);
      }),
      "dimensions >= 0 of input \"x\", got -7");
  has(error_after([](BuildModel& m) {
        auto* weight = m.graph().mutable_initializer(0);
        weight->set_data_location(onnx::TensorProto::EXTERNAL);
      }),
      "numbers inside the model");
  CHECK_THROWS_AS((void)decode_onnx({}, "empty"), Error);
  CHECK_THROWS_AS((void)read_onnx("no/such/file.onnx"), Error);
  CHECK_THROWS_AS((void)read_onnx("/"), Error);
}

TEST_CASE("cut at every byte") {
  const std::vector<std::uint8_t> bytes = small().bytes();
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    const std::vector<std::uint8_t> part(bytes.begin(),
                                         bytes.begin() + static_cast<std::ptrdiff_t>(length));
    try {  // a file that ends between two fields may be whole
      (void)import_onnx(decode_onnx(part, "part"));
    } catch (const Error& error) {
      CHECK(error.operation().find("part") != std::string::npos);
    }
  }
}

TEST_CASE("numbers of large initializers") {
  constexpr std::int64_t count = 5000;
  std::vector<float> numbers(count);
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<float>(i) - 17;
  const auto raw = [](const std::vector<float>& values) {
    return std::string(reinterpret_cast<const char*>(values.data()), 4 * values.size());
  };
  onnx::TensorProto tensor;
  tensor.set_name("large");
  tensor.set_data_type(onnx::TensorProto::FLOAT);
  tensor.add_dims(count);
  const auto file_with = [&](const std::string& fields) {
    const std::string graph = field(0x2a, tensor.SerializeAsString() + fields);
    const std::string all = field(0x3a, graph) + small().proto.SerializeAsString();
    return std::vector<std::uint8_t>(all.begin(), all.end());
  };
  const auto read = [](const std::vector<std::uint8_t>& bytes) {
    return std::get<Tensor>(decode_onnx(bytes, "large").weights.at("large")).to_vector();
  };
  const std::string right = field(0x4a, raw(numbers)), zeros = field(0x4a, std::string(20000, 0));
  const std::vector<std::uint8_t> whole = file_with(right);
  CHECK(read(whole) == numbers);
  CHECK(read(file_with(zeros + right)) == numbers);  // the last counts
  CHECK(read(file_with(right + zeros)) == std::vector<float>(count));
  has(error_of([&] { (void)read(file_with(right + field(0x4a, "abcd"))); }),
      "20000 bytes of raw_data in initializer \"large\", got 4");
  has(error_of([&] { (void)read(file_with(field(0x4a, raw(numbers) + "more"))); }), "got 20004");
  // An initializer whose length passes the end of its graph, into the model behind it.
  std::string longer = field(0x2a, tensor.SerializeAsString() + right + "12345");
  longer.resize(longer.size() - 5);
  const std::string past = field(0x3a, longer) + small().proto.SerializeAsString();
  CHECK_THROWS_AS((void)read({past.begin(), past.end()}), Error);
  for (const std::size_t length :
       {std::size_t{2}, std::size_t{40}, std::size_t{4000}, std::size_t{20010}}) {
    const std::vector<std::uint8_t> part(whole.begin(),
                                         whole.begin() + static_cast<std::ptrdiff_t>(length));
    CHECK_THROWS_AS((void)decode_onnx(part, "part"), Error);
  }
}

TEST_CASE("graphs in graphs, and messages in messages without end") {
  onnx::GraphProto inner;
  for (int depth = 0; depth < 20; ++depth) {
    onnx::GraphProto outer;
    onnx::AttributeProto& attribute = *outer.add_node()->add_attribute();
    attribute.set_name("body");
    attribute.set_type(onnx::AttributeProto::GRAPH);
    *attribute.mutable_g() = inner;
    inner = outer;
  }
  BuildModel model = small();
  auto& attribute = *model.node("If", {"s"}, {"z"}).add_attribute();
  attribute.set_name("then_branch");
  attribute.set_type(onnx::AttributeProto::GRAPH);
  *attribute.mutable_g() = inner;
  has(error_of([&] { (void)model.import(); }), "If x1");

  std::string type;
  for (int depth = 0; depth < 20'000; ++depth) type = field(0x22, field(0x0a, type));  // sequences
  const std::string input = field(0x5a, field(0x12, type));
  const std::string bytes = small().proto.SerializeAsString() + field(0x3a, input);
  const std::vector<std::uint8_t> raw(bytes.begin(), bytes.end());
  has(error_of([&] { (void)decode_onnx(raw, "deep"); }), "an ONNX file");
}

}  // namespace burin::test
