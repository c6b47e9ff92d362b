// The node tests that the ONNX project publishes, imported and interpreted: every case of every
// operator that has a rule passes, or is refused.
//   test_node_suite FOLDER [NAME]     FOLDER: of libonnx-testdata; NAME: of one case
// Exit 77: there are no tests in FOLDER.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>

#include "engine/error.h"
#include "io/onnx/import.h"
#include "io/onnx/read_tensor.h"
#include "io/onnx/rule.h"

namespace burin::test {
namespace {

namespace fs = std::filesystem;

// Of the suite's own runner.
constexpr double relative = 1e-3, absolute = 1e-7;
constexpr int fewest = 400;

template <class Message>
Message parsed(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  Message message;
  if (!file || !message.ParseFromIstream(&file)) throw Error("read", "a message", path.string());
  return message;
}

OnnxTensor stored_tensor(const fs::path& path) {
  auto proto = parsed<onnx::TensorProto>(path);
  onnx_file::ExternalData external({}, path.string());
  const ByteSource file(path);
  return onnx_file::read_tensor(proto, "tensor", {file, external, {}});
}

// input_0.pb, input_1.pb, ..; none when one of them is no tensor that the engine has: a sequence, of
// too many axes, of another type of numbers.
std::optional<std::vector<Tensor>> stored_tensors(const fs::path& folder, const std::string& kind) {
  std::vector<Tensor> out;
  for (int i = 0;; ++i) {
    const fs::path path = folder / (kind + "_" + std::to_string(i) + ".pb");
    if (!fs::exists(path)) return out;
    try {
      const OnnxTensor tensor = stored_tensor(path);
      if (std::holds_alternative<OnnxForeign>(tensor)) return std::nullopt;
      out.push_back(std::get<Tensor>(tensor));
    } catch (const Error&) {
      return std::nullopt;
    }
  }
}

template <class T>
std::string compare_as(const Tensor& got, const Tensor& want) {
  for (std::int64_t i = 0; i < got.elements(); ++i) {
    const double a = static_cast<double>(got.data<T>()[i]),
                 b = static_cast<double>(want.data<T>()[i]);
    const bool same = got.data<T>()[i] == want.data<T>()[i] || (std::isnan(a) && std::isnan(b));
    const bool close =
        std::is_floating_point_v<T> && std::abs(a - b) <= absolute + relative * std::abs(b);
    if (!same && !close)
      return "number " + std::to_string(i) + " is " + std::to_string(a) + ", not " +
             std::to_string(b);
  }
  return {};
}

// What is wrong, or nothing.
std::string compare(const Tensor& result, const Tensor& want) {
  if (result.dtype() != want.dtype() || !(result.shape() == want.shape()))
    return std::string(dtype_name(result.dtype())) + " " + result.shape().text() + ", not " +
           std::string(dtype_name(want.dtype())) + " " + want.shape().text();
  const Tensor got = result.in_order(Order::row_major);
  switch (want.dtype()) {
    case DType::f32:
      return compare_as<float>(got, want);
    case DType::f64:
      return compare_as<double>(got, want);
    case DType::u8:
      return compare_as<std::uint8_t>(got, want);
    case DType::s8:
      return compare_as<std::int8_t>(got, want);
    case DType::i32:
      return compare_as<std::int32_t>(got, want);
    case DType::i64:
      return compare_as<std::int64_t>(got, want);
    case DType::boolean:
      return compare_as<bool>(got, want);
    case DType::bf16:
      break;
  }
  return "a type that the suite does not have";
}

// Nothing is known at the import but shapes; else all but the first input; else everything.
ImportOptions options_for(const OnnxModel& model, std::span<const Tensor> inputs,
                          std::size_t first_known) {
  ImportOptions options;
  for (std::size_t i = 0; i < model.inputs.size() && i < inputs.size(); ++i) {
    if (i >= first_known)
      options.values[model.inputs[i].name] = inputs[i];
    else
      options.shapes[model.inputs[i].name] = inputs[i].shape();
  }
  return options;
}

Graph imported(const OnnxModel& model, std::span<const Tensor> inputs) {
  for (const std::size_t known : {std::size_t{99}, std::size_t{1}}) {
    try {
      return import_onnx(model, options_for(model, inputs, known));
    } catch (const Error&) {
    }
  }
  return import_onnx(model, options_for(model, inputs, 0));
}

std::vector<Tensor> unknown_inputs(const Graph& graph, const OnnxModel& model,
                                   std::span<const Tensor> inputs) {
  std::vector<Tensor> out;
  for (const int id : graph.inputs)
    for (std::size_t i = 0; i < model.inputs.size(); ++i)
      if (model.inputs[i].name == graph.at(id).name) out.push_back(inputs[i]);
  return out;
}

// Why a node whose operator has a rule may be refused; docs/onnx.md says the same.
constexpr std::string_view documented[] = {
    "of a type that the engine has",  // 16-bit floats, 16-bit and unsigned wide integers, strings
    "to float16",
    "to string",
    "got bf16",  // casts
    "at most 6 dimensions",
    "training_mode",
    "a mask as result",
    "equation",  // of Einsum
};

bool is_documented(const std::string& reason) {
  return std::any_of(std::begin(documented), std::end(documented),
                     [&](std::string_view part) { return reason.find(part) != std::string::npos; });
}

struct Outcome {
  bool refused = false;
  std::string text;  // of a refusal or a failure; empty: passed
};

// Tensors that the engine does not have: the import must refuse.
Outcome run_foreign(const OnnxModel& model, const std::optional<std::vector<Tensor>>& inputs) {
  try {
    static_cast<void>(imported(model, inputs.value_or(std::vector<Tensor>())));
  } catch (const Error& error) {
    return {true, error.what()};
  }
  return {false, "imported, although its tensors are none that the engine has"};
}

Outcome run_set(const OnnxModel& model, const fs::path& set) {
  const auto stored_inputs = stored_tensors(set, "input");
  const auto stored_outputs = stored_tensors(set, "output");
  if (!stored_inputs || !stored_outputs) return run_foreign(model, stored_inputs);
  const std::vector<Tensor>&inputs = *stored_inputs, &outputs = *stored_outputs;
  if (inputs.size() != model.inputs.size())
    return {false,
            std::to_string(inputs.size()) + " inputs for " + std::to_string(model.inputs.size())};
  Graph graph;
  try {
    graph = imported(model, inputs);
  } catch (const Error& error) {
    return {true, error.what()};
  }
  verify(graph);
  const std::vector<Tensor> got = interpret(graph, unknown_inputs(graph, model, inputs));
  if (got.size() != outputs.size()) return {false, std::to_string(got.size()) + " outputs"};
  for (std::size_t i = 0; i < outputs.size(); ++i)
    if (const std::string text = compare(got[i], outputs[i]); !text.empty())
      return {false, "output " + std::to_string(i) + ": " + text};
  return {};
}

bool all_ops_have_rules(const fs::path& path) {
  const auto model = parsed<onnx::ModelProto>(path);
  const auto& nodes = model.graph().node();
  return std::all_of(nodes.begin(), nodes.end(), [](const onnx::NodeProto& node) {
    return find_onnx_rule(node.op_type()) != nullptr;
  });
}

Outcome run_case(const fs::path& folder) {
  OnnxModel model;
  try {
    model = read_onnx(folder / "model.onnx");
  } catch (const Error& error) {
    return {true, error.what()};
  }
  for (int i = 0; fs::exists(folder / ("test_data_set_" + std::to_string(i))); ++i) {
    Outcome outcome;
    try {
      outcome = run_set(model, folder / ("test_data_set_" + std::to_string(i)));
    } catch (const std::exception& error) {
      outcome = {false, error.what()};
    }
    if (!outcome.text.empty()) return outcome;
  }
  return {};
}

std::vector<fs::path> cases_in(const fs::path& data) {
  std::vector<fs::path> out;
  for (const char* family : {"node", "simple", "pytorch-operator", "pytorch-converted"}) {
    if (!fs::is_directory(data / family)) continue;
    for (const auto& entry : fs::directory_iterator(data / family))
      if (fs::exists(entry.path() / "model.onnx")) out.push_back(entry.path());
  }
  std::sort(out.begin(), out.end());
  return out;
}

int run(const fs::path& data, const std::string& only) {
  const std::vector<fs::path> cases = cases_in(data);
  if (cases.empty()) {
    std::printf("no tests in %s (Debian: libonnx-testdata)\n", data.c_str());
    return 77;
  }
  int passed = 0, refused = 0, failed = 0, without_rule = 0;
  for (const fs::path& folder : cases) {
    const std::string name = folder.filename().string();
    if (!only.empty() && only != name) continue;
    const bool ruled = all_ops_have_rules(folder / "model.onnx");
    Outcome outcome = run_case(folder);
    if (ruled && outcome.refused && !is_documented(outcome.text)) outcome.refused = false;
    if (outcome.text.empty())
      ++passed;
    else if (!outcome.refused)
      ++failed;
    else
      ++(ruled ? refused : without_rule);
    if (outcome.text.empty()) continue;
    if (ruled || !outcome.refused || !only.empty())
      std::printf("%s %s: %s\n", outcome.refused ? "refused" : "FAILED", name.c_str(),
                  outcome.text.c_str());
  }
  std::printf("%d passed, %d refused, %d failed, %d of other operators\n", passed, refused, failed,
              without_rule);
  return failed == 0 && (passed >= fewest || !only.empty()) ? 0 : 1;
}

}  // namespace
}  // namespace burin::test

int main(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  if (argc < 2) {
    std::fprintf(stderr, "usage: test_node_suite FOLDER [NAME]\n");
    return 2;
  }
  return burin::test::run(argv[1], argc > 2 ? argv[2] : "");
}
