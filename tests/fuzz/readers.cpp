#include "tests/fuzz/readers.h"

#include <string_view>

#include "engine/error.h"
#include "io/dataset.h"
#include "io/image.h"
#include "io/onnx/import.h"
#include "io/safetensors.h"
#include "train/recipe.h"

namespace burin::test {
namespace {

template <class F>
void accept_errors(F&& call) {
  try {
    call();
  } catch (const Error&) {
  }
}

std::string_view text_of(std::span<const std::uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void read_picture(std::span<const std::uint8_t> bytes) {
  const ImageLimits limits{.pixels = 1 << 16};
  accept_errors([&] { (void)decode_image(bytes, "x", limits); });
  accept_errors([&] { (void)decode_labels(bytes, "x", limits); });
}

// Numbers and multiplications that a graph takes, as far as they are known without running it.
bool is_small(const Graph& graph) {
  double numbers = 0;
  for (const Node& node : graph.nodes) numbers += static_cast<double>(node.shape.elements());
  return numbers < 1e5 && macs(graph) < 1'000'000;
}

void run(const Graph& graph) {
  std::vector<Tensor> inputs;
  for (const int id : graph.inputs)
    inputs.push_back(Tensor::zeros(graph.at(id).shape, graph.at(id).type));
  (void)interpret(graph, inputs);
}

}  // namespace

// The magic bytes choose the decoder: four names, so that each gets its share of the time and its
// seeds.
void read_png(std::span<const std::uint8_t> bytes) { read_picture(bytes); }
void read_jpeg(std::span<const std::uint8_t> bytes) { read_picture(bytes); }
void read_tiff(std::span<const std::uint8_t> bytes) { read_picture(bytes); }
void read_gif_bmp(std::span<const std::uint8_t> bytes) { read_picture(bytes); }

void read_npy(std::span<const std::uint8_t> bytes) {
  accept_errors([&] { (void)decode_npy(bytes, "x"); });
}
void read_npz(std::span<const std::uint8_t> bytes) {
  accept_errors([&] { (void)decode_npz(bytes, "x", {.bytes = 1 << 20}); });
}
void read_safetensors(std::span<const std::uint8_t> bytes) {
  accept_errors([&] { (void)decode_safetensors(bytes, "x"); });
}
void read_dataset_json(std::span<const std::uint8_t> bytes) {
  accept_errors([&] { (void)decode_dataset(text_of(bytes), "x"); });
}
void read_toml(std::span<const std::uint8_t> bytes) {
  accept_errors([&] { (void)train::parse_recipe(text_of(bytes), "x"); });
}

void read_onnx(std::span<const std::uint8_t> bytes) {
  accept_errors([&] {
    const Graph graph = import_onnx(decode_onnx(bytes, "x"));
    verify(graph);
    if (is_small(graph)) run(graph);
  });
}

}  // namespace burin::test
