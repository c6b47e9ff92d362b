// A graph that was written and read back computes the same.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>

#include "engine/error.h"
#include "engine/graph/trace_network.h"
#include "engine/ops/ops.h"
#include "io/onnx/export.h"
#include "io/onnx/import.h"
#include "models/zoo.h"
#include "tests/engine/op_rows.h"
#include "tests/support/compare.h"
#include "tests/support/temporary_folder.h"

namespace burin::test {
namespace {

// Of an op row: inputs under the names x0, x1, ...
Graph graph_of(const OpRow& row) {
  Tape tape(Mode::shapes);
  std::vector<Value> values;
  std::vector<std::string> names;
  for (const auto& shape : row.inputs) {
    values.push_back(shape ? tape.input(*shape) : Value());
    names.push_back("x" + std::to_string(names.size()));
  }
  const Value y = row.run(values);
  return trace(tape, {&y, 1}, names);
}

bool is_loss(const std::string& op) { return op.ends_with("_loss"); }

double difference(std::span<const Tensor> got, std::span<const Tensor> want) {
  double worst = 0;
  for (std::size_t i = 0; i < want.size(); ++i) {
    if (got[i].shape() != want[i].shape()) return std::numeric_limits<double>::infinity();
    const std::vector<float> a = got[i].to_vector(), b = want[i].to_vector();
    worst = std::max(worst, relative_l2(std::span<const float>(a), std::span<const float>(b)));
  }
  return worst;
}

std::vector<Tensor> random_inputs(const Graph& graph) {
  Random random(5);
  std::vector<Tensor> out;
  for (const int id : graph.inputs) {
    const Shape& shape = graph.at(id).shape;
    out.push_back(Tensor::from(shape, random.reals(static_cast<std::size_t>(shape.elements()))));
  }
  return out;
}

// The ops that networks of models/ are made of: each must be written.
constexpr std::string_view of_networks[] = {"conv",
                                            "conv_transpose",
                                            "linear",
                                            "matmul",
                                            "max_pool",
                                            "average_pool",
                                            "batch_norm",
                                            "instance_norm",
                                            "group_norm",
                                            "resize",
                                            "activate",
                                            "softmax",
                                            "log_softmax",
                                            "glu",
                                            "add",
                                            "subtract",
                                            "multiply",
                                            "scale",
                                            "concat",
                                            "slice",
                                            "pad",
                                            "reshape",
                                            "sum",
                                            "mean",
                                            "transpose",
                                            "dropout",
                                            "global_average_pool",
                                            "add_activate"};

}  // namespace

TEST_CASE("every op that ONNX has, at the oldest and newest opset and the default one") {
  std::vector<std::string> written;
  for (const OpRow& row : op_rows()) {
    if (is_loss(row.op)) continue;
    INFO(row.op << ": " << row.what);
    const Graph graph = graph_of(row);
    std::vector<Tensor> inputs;
    for (const Tensor& input : make_inputs(row, row.inputs, 1))
      if (input) inputs.push_back(input);
    for (const int opset : {13, 17, 18, 21}) {
      std::vector<std::uint8_t> bytes;
      try {
        bytes = encode_onnx(graph, {.opset = opset, .batch = ""});
      } catch (const Error& error) {
        INFO(error.what());
        CHECK(std::ranges::find(of_networks, row.op) == std::end(of_networks));
        break;
      }
      if (opset == 13) written.push_back(row.op);
      Graph back;
      REQUIRE_NOTHROW(back = import_onnx(decode_onnx(bytes, "row")));
      verify(back);
      CHECK(difference(interpret(back, inputs), interpret(graph, inputs)) <= 1e-6);
    }
  }
  for (const std::string_view op : of_networks) {
    INFO(std::string(op));
    CHECK(std::ranges::find(written, op) != written.end());
  }
}

TEST_CASE("every network, with an open batch") {
  for (const models::ModelEntry& entry : models::models()) {
    INFO(std::string(entry.name));
    const auto network = entry.make({});
    std::vector<Shape> shapes, twice;
    for (const NetworkInput& input : network->inputs()) {
      Shape shape = input.shape;
      for (int axis = 2; axis < shape.rank() && !input.fixed; ++axis)
        shape = shape.with(axis, std::max(input.least, input.multiple));
      shapes.push_back(shape);
      twice.push_back(shape.with(0, 2));
    }
    const Graph graph = trace_network(*network, shapes);
    const OnnxModel model = decode_onnx(encode_onnx(graph), "network");
    ImportOptions options;
    for (std::size_t i = 0; i < shapes.size(); ++i) options.shapes[model.inputs[i].name] = twice[i];
    const Graph back = import_onnx(model, options), direct = trace_network(*network, twice);
    CHECK(macs(back) == macs(direct));
    if (macs(direct) > 4'000'000'000) continue;  // its parts are run by the ops' rows
    const std::vector<Tensor> inputs = random_inputs(direct);
    CHECK(difference(interpret(back, inputs), interpret(direct, inputs)) <= 1e-6);
    for (const NamedParameter& p : network->parameters()) {
      INFO(p.name);
      const auto weight = model.weights.find(p.name);
      REQUIRE(weight != model.weights.end());
      CHECK(std::get<Tensor>(weight->second).shape() == p.parameter->value.shape());
    }
  }
}

TEST_CASE("names, metadata and open sizes") {
  Tape tape(Mode::shapes);
  const Value x = tape.input(Shape{1, 2, 6, 4});
  const Value y =
      resize(max_pool(relu(x), {.kernel = {1, 2, 2}, .stride = {1, 2, 2}}), {.size = {1, 6, 4}});
  const std::string in[] = {"image"}, out[] = {"logits"};
  Graph graph = trace(tape, {&y, 1}, in, out);
  graph.metadata = {{"task", "demo"}};
  const OnnxModel model =
      decode_onnx(encode_onnx(graph, {.batch = "n", .spatial = {"h", "w"}}), "open");
  CHECK(model.metadata.at("task") == "demo");
  REQUIRE(model.inputs.size() == 1);
  CHECK(model.inputs[0].name == "image");
  CHECK(model.outputs.at(0).name == "logits");
  const auto& dimensions = *model.inputs[0].dimensions;
  CHECK(dimensions[0].symbol == "n");
  CHECK(dimensions[1].size == 2);
  CHECK(dimensions[3].symbol == "w");
  const Graph other = import_onnx(model, {.shapes = {{"image", {3, 2, 10, 8}}}});
  CHECK(other.at(other.outputs[0].node).shape == Shape{3, 2, 10, 8});
}

TEST_CASE("what open sizes do not allow is refused") {
  Tape tape(Mode::shapes);
  const Value x = tape.input(Shape{1, 2, 6, 4});
  const std::vector<std::int64_t> flat{1, 48};
  const Value reshaped = reshape(x, flat), cut = slice(x, 2, 1, 3);
  for (const Value& y : {reshaped, cut}) {
    const Graph graph = trace(tape, {&y, 1});
    CHECK_NOTHROW((void)encode_onnx(graph));
    CHECK_THROWS_AS((void)encode_onnx(graph, {.spatial = {"h", "w"}}), Error);
  }
  const Value first = slice(x, 0, 0, 1);
  CHECK_THROWS_AS((void)encode_onnx(trace(tape, {&first, 1})), Error);
  const Graph graph = trace(tape, {&x, 1});
  CHECK_THROWS_AS((void)encode_onnx(graph, {.opset = 12}), Error);
  CHECK_THROWS_AS((void)encode_onnx(graph, {.opset = 22}), Error);
}

TEST_CASE("weights beyond the limit go into a file of their own") {
  const auto network = models::make_network("damage-unet", {.width = 4});
  const std::vector<Shape> shapes{{1, 3, 16, 16}};
  const Graph graph = trace_network(*network, shapes);
  const TemporaryFolder folder;
  const auto path = folder / "net.onnx";
  write_onnx(path, graph, {.largest_file = 1000});
  CHECK(std::filesystem::file_size(path) < 60'000);
  CHECK(std::filesystem::exists(folder / "net.onnx.data"));
  CHECK_THROWS_AS((void)encode_onnx(graph, {.largest_file = 1000}), Error);
  const Graph back = import_onnx(read_onnx(path));
  const std::vector<Tensor> inputs = random_inputs(graph);
  CHECK(difference(interpret(back, inputs), interpret(graph, inputs)) == 0);
}

}  // namespace burin::test
