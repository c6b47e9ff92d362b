// The driver: shapes, bound values, constants that fold, and the list of what is refused.
#include <doctest/doctest.h>

#include "engine/error.h"
#include "io/onnx/rule.h"
#include "tests/onnx/build_model.h"

namespace burin::test {
namespace {

std::vector<std::string_view> ops_of(const Graph& graph) {
  std::vector<std::string_view> ops;
  for (const Node& node : graph.nodes)
    if (node.op != nullptr) ops.push_back(node.op->name);
  return ops;
}

bool has(const std::string& text, const std::string& part) {
  INFO(text << "\nshould hold: " << part);
  CHECK(text.find(part) != std::string::npos);
  return true;
}

Tensor integer_tensor(const std::vector<std::int64_t>& numbers) {
  const Tensor out =
      Tensor::empty({static_cast<std::int64_t>(numbers.size())}, DType::i64, Order::row_major);
  std::copy(numbers.begin(), numbers.end(), out.data<std::int64_t>());
  return out;
}

}  // namespace

TEST_CASE("open sizes: a batch of 1, others are asked for") {
  BuildModel model;
  model.input("x", {-2, 3, -1, 5}).output("y");
  model.node("Relu", {"x"}, {"y"});
  has(error_of([&] { (void)model.import(); }), "sizes for input \"x\", got nx3x?x5");
  const Graph graph = model.import({.shapes = {{"x", {2, 3, 4, 5}}}});
  CHECK(graph.at(graph.inputs.at(0)).shape == Shape{2, 3, 4, 5});
  for (const Shape& wrong : {Shape{2, 4, 4, 5}, Shape{2, 3, 4}, Shape{2, 3, 4, 6}})
    has(error_of([&] {
          (void)model.import({.shapes = {{"x", wrong}}});
        }),
        "input \"x\" of nx3x?x5, got " + wrong.text());
  has(error_of([&] { (void)model.import({.shapes = {{"z", {1}}}}); }), "inputs among x, got z");
  BuildModel flat;
  flat.input("x", {-1, 3}).output("y");
  flat.node("Relu", {"x"}, {"y"});
  CHECK(flat.import().at(0).shape == Shape{1, 3});
}

TEST_CASE("a bound input is a constant") {
  BuildModel model;
  model.input("x", {2, 6}).input("shape", {2}, onnx::TensorProto::INT64).output("y");
  model.node("Reshape", {"x", "shape"}, {"y"});
  has(error_of([&] { (void)model.import(); }), "shape that are known only when the graph runs");
  const Graph graph = model.import({.values = {{"shape", integer_tensor({3, -1})}}});
  CHECK(graph.inputs.size() == 1);
  CHECK(graph.at(graph.outputs.at(0).node).shape == Shape{3, 4});
  has(error_of([&] {
        (void)model.import({.values = {{"shape", integer_tensor({3, 2, 2})}}});
      }),
      "input \"shape\" of 2, got 3");
  has(error_of([&] {
        (void)model.import({.values = {{"shape", Tensor::full({2}, 1)}}});
      }),
      "of i64, got f32");
}

TEST_CASE("what depends on shapes alone leaves nothing behind") {
  BuildModel model;
  model.input("x", {-2, 4, -1, -1}).output("y");
  model.node("Shape", {"x"}, {"shape"});
  model.node("Identity", {"shape"}, {"same"});
  model.node("Reshape", {"x", "same"}, {"y"});
  const Graph graph = model.import({.shapes = {{"x", {3, 4, 5, 6}}}});
  CHECK(graph.nodes.size() == 1);
  CHECK(graph.outputs.at(0).node == graph.inputs.at(0));
}

TEST_CASE("constants fold, as far as the file justifies") {
  BuildModel model;
  model.input("x", {2, 3}).output("y");
  model.weight("a", {3}, {1, 2, 3});
  model.weight("b", {3}, {10, 20, 30});
  model.node("Add", {"a", "b"}, {"s"});
  model.node("Mul", {"s", "a"}, {"p"});
  model.node("Add", {"x", "p"}, {"y"});
  const Graph graph = model.import();
  CHECK(ops_of(graph) == std::vector<std::string_view>{"add"});
  const Tensor x = Tensor::from({2, 3}, std::vector<float>{0, 0, 0, 1, 1, 1}, Order::row_major);
  CHECK(interpret(graph, {&x, 1}).at(0).to_vector() == std::vector<float>{11, 44, 99, 12, 45, 100});

  // A border of 2^20 around one number: 2^42 numbers, which stay a node.
  BuildModel bomb;
  bomb.input("x", {1}).output("y");
  bomb.weight("a", {1, 1, 1, 1}, {1});
  set_integers(bomb.node("Pad", {"a", "pads"}, {"y"}), "unused", {});
  bomb.graph().mutable_node(0)->clear_attribute();
  bomb.integers("pads", {0, 0, 1 << 20, 1 << 20, 0, 0, 1 << 20, 1 << 20});
  CHECK(ops_of(bomb.import()).back() == "pad");
}

TEST_CASE("one error lists everything that is refused") {
  BuildModel model;
  model.input("x", {1, 2, 4, 4}).output("y");
  model.node("Erf2", {"x"}, {"a"});
  model.node("Erf2", {"a"}, {"b"});
  set_text(model.node("Pad", {"x", "pads"}, {"c"}), "mode", "strange");
  model.integers("pads", {0, 0, 1, 1, 0, 0, 1, 1});
  model.node("Relu", {"c"}, {"d"});  // reads what is refused: not listed
  set_integer(model.node("Relu", {"x"}, {"e"}), "surprise", 1);
  model.node("Add", {"x", "half"}, {"f"});
  auto& half = model.weight("half", {1}, {});
  half.set_data_type(onnx::TensorProto::FLOAT16);
  half.set_raw_data("ab");
  onnx::NodeProto& other = model.node("Gelu", {"x"}, {"g"});
  other.set_domain("com.microsoft");
  model.node("Concat", {"x", "w"}, {"h"}).add_attribute()->set_name("axis");
  model.graph().mutable_node(7)->mutable_attribute(0)->set_type(onnx::AttributeProto::INT);
  model.weight("w", {2}, {1, 2});
  model.node("Add", {"d", "b"}, {"y"});
  for (const char* name : {"e", "f", "g", "h"}) model.output(name);
  const std::string error = error_of([&] { (void)model.import(); });
  has(error, "import model: expected operators that docs/onnx.md lists");
  has(error, "Erf2 x2 (first \"Erf21\"): no such operator here");
  has(error, "Pad x1 (first \"Pad3\"): mode strange");
  has(error, "Relu x1 (first \"Relu5\"): attribute \"surprise\"");
  has(error, "initializer x1 (first \"half\"): type float16");
  has(error, "com.microsoft::Gelu x1");
  has(error, "Concat x1 (first \"Concat8\"): concat: expected sizes that agree");
  CHECK(error.find("Relu4") == std::string::npos);
}

TEST_CASE("types that the engine has not") {
  BuildModel model;
  model.input("x", {1}, onnx::TensorProto::STRING).output("y");
  model.node("Identity", {"x"}, {"y"});
  has(error_of([&] { (void)model.import(); }), "input \"x\" of a type that the engine has");
  BuildModel wide;
  wide.input("x", {1, 1, 1, 1, 1, 1, 1}).output("y");
  wide.node("Identity", {"x"}, {"y"});
  has(error_of([&] { (void)wide.import(); }), "in input \"x\"");
}

TEST_CASE("no rule stands twice") {
  const auto rules = onnx_rules();
  for (std::size_t i = 1; i < rules.size(); ++i) CHECK(rules[i - 1].op < rules[i].op);
}

}  // namespace burin::test
