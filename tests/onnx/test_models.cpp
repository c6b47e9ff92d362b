// Stored exports of PyTorch with the outputs that it gave (make_models.py), and what docs/onnx.md
// says about operators.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include "io/npy.h"
#include "io/onnx/import.h"
#include "io/onnx/rule.h"
#include "tests/support/compare.h"

namespace burin::test {
namespace {

namespace fs = std::filesystem;

std::vector<Tensor> arrays(const fs::path& folder, const std::string& letter) {
  std::vector<Tensor> out;
  for (int i = 0;; ++i) {
    const fs::path file = folder / (letter + std::to_string(i) + ".npy");
    if (!fs::exists(file)) return out;
    out.push_back(read_npy(file));
  }
}

}  // namespace

TEST_CASE("exports of PyTorch give its outputs") {
  int count = 0;
  for (const auto& entry : fs::directory_iterator("tests/onnx/models")) {
    const fs::path folder = entry.path();
    INFO(folder.string());
    const OnnxModel model = read_onnx(folder / "model.onnx");
    const std::vector<Tensor> inputs = arrays(folder, "x"), wanted = arrays(folder, "y");
    REQUIRE(inputs.size() == model.inputs.size());
    ImportOptions options;
    for (std::size_t i = 0; i < inputs.size(); ++i)
      options.shapes[model.inputs[i].name] = inputs[i].shape();
    const Graph graph = import_onnx(model, options);
    verify(graph);
    const std::vector<Tensor> outputs = interpret(graph, inputs);
    REQUIRE(outputs.size() == wanted.size());
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      CHECK(outputs[i].shape() == wanted[i].shape());
      const std::vector<float> got = outputs[i].to_vector(), want = wanted[i].to_vector();
      CHECK(relative_l2(std::span<const float>(got), std::span<const float>(want)) <= 1e-5);
    }
    ++count;
  }
  CHECK(count >= 10);
}

// Its table names them in the first cell of a row: "| `Conv`, `Gemm` | ...".
TEST_CASE("docs/onnx.md lists the operators that have rules") {
  std::ifstream file("docs/onnx.md");
  std::set<std::string> listed, known;
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("| `"))
      for (std::size_t at = 2, cell = line.find(" |", 2); at < cell; at = line.find('`', at) + 3) {
        const std::size_t end = line.find('`', at + 1);
        listed.insert(line.substr(at + 1, end - at - 1));
        at = end;
      }
  for (const OnnxRule& rule : onnx_rules()) known.insert(std::string(rule.op));
  for (const std::string& op : known) CHECK_MESSAGE(listed.contains(op), op << " is not listed");
  for (const std::string& op : listed) CHECK_MESSAGE(known.contains(op), op << " has no rule");
}

}  // namespace burin::test
