// burin inspect MODEL [--shape 1x3x512x512] [--layers]: layers, parameters and
// multiply-accumulates, without running it.
#include <algorithm>
#include <limits>
#include <memory>

#include "apps/options.h"
#include "apps/output.h"
#include "apps/shapes.h"
#include "engine/error.h"
#include "models/zoo.h"
#include "train/model_file.h"

namespace burin::apps {
namespace {

struct Options {
  GlobalOptions global;
  std::string model, shape;
  std::int64_t classes = 0, channels = 0, width = 0;  // 0: the network's own
  bool layers = false, merged = false;
};

std::string text_of(std::span<const Shape> shapes) {
  std::string out;
  for (const Shape& shape : shapes) out += (out.empty() ? "" : ",") + shape.text();
  return out;
}

bool sets_numbers(const Options& options) {
  return options.classes != 0 || options.channels != 0 || options.width != 0 || options.merged;
}

std::unique_ptr<Network> make_named(std::string_view name, const Options& options) try {
  return models::make_network(name, {.seed = options.global.seed.value_or(1),
                                     .in_channels = options.channels,
                                     .classes = options.classes,
                                     .width = options.width,
                                     .merged = options.merged});
} catch (const Error& error) {  // a number that this network does not have
  if (!sets_numbers(options)) throw;
  throw UsageError(error);
}

// A name of models/, or a model file or run folder.
std::unique_ptr<Network> network_of(const Options& options) {
  const std::string& word = options.model;
  std::string names;
  for (const auto& entry : models::models()) {
    if (entry.name == word) return make_named(word, options);
    names += (names.empty() ? "" : ", ") + std::string(entry.name);
  }
  if (sets_numbers(options))
    throw UsageError("inspect " + word,
                     "one of " + names + " with --classes, --channels, --width or --merged",
                     "another word");
  std::error_code ignored;
  if (std::filesystem::exists(word, ignored)) return std::move(train::load_model(word).network);
  throw Error("inspect " + word, "a model file, a run folder or one of " + names, "neither");
}

std::int64_t macs_of(const Node& node, const std::vector<TapeNode>& nodes) {
  if (!node.op || !node.op->macs) return 0;
  std::vector<Shape> inputs;
  for (const int id : node.inputs)
    inputs.push_back(id < 0 ? Shape() : nodes[static_cast<std::size_t>(id)].shape);
  return node.op->macs(inputs, node.attributes);
}

// Trainable numbers of the parameters that this node is the first to read, and the path of the layer
// that owns the first of them.
struct Owned {
  std::int64_t parameters = 0;
  std::string layer;
};
Owned owned_by(const Node& node, const std::vector<TapeNode>& nodes, std::vector<bool>& read) {
  Owned owned;
  for (const int id : node.inputs) {
    if (id < 0) continue;
    const TapeNode& input = nodes[static_cast<std::size_t>(id)];
    if (input.op || input.name.empty()) continue;
    const bool first = !read[static_cast<std::size_t>(id)];
    read[static_cast<std::size_t>(id)] = true;
    if (input.trainable && first) owned.parameters += input.shape.elements();
    if (owned.layer.empty()) owned.layer = input.name.substr(0, input.name.rfind('.'));
  }
  return owned;
}

void print_layers(const Tape& tape, bool json) {
  const auto& nodes = tape.nodes();
  std::vector<bool> read(nodes.size());
  if (!json)
    print_line(
        "op                   layer                        output               parameters         "
        "   MACs");
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const Node& node = nodes[i];
    if (!node.op) continue;
    const Owned owned = owned_by(node, nodes, read);
    const std::int64_t macs = macs_of(node, nodes);
    if (json) {
      print_json({{"node", i},
                  {"op", node.op->name},
                  {"layer", owned.layer},
                  {"output", node.shape.text()},
                  {"parameters", owned.parameters},
                  {"macs", macs}});
      continue;
    }
    char line[160];
    std::snprintf(line, sizeof line, "%-20s %-28s %-20s %10lld %15lld",
                  std::string(node.op->name).c_str(), owned.layer.c_str(),
                  node.shape.text().c_str(), static_cast<long long>(owned.parameters),
                  static_cast<long long>(macs));
    print_line(line);
  }
}

int run(const Options& options) {
  apply(options.global);
  const auto network = network_of(options);
  const std::vector<Shape> inputs =
      options.shape.empty() ? default_shapes(*network) : shapes_from(options.shape);
  const models::Counts counts = models::count(*network, inputs);
  if (options.layers) {
    Tape tape(Mode::shapes);
    (void)run_shapes(*network, tape, inputs);  // for its nodes
    print_layers(tape, options.global.json);
  }
  if (options.global.json) {
    nlohmann::json json{{"model", network->name()},
                        {"input", text_of(inputs)},
                        {"parameters", counts.parameters},
                        {"statistics", counts.statistics},
                        {"macs", counts.macs}};
    add_settings(json, options.global);
    print_json(json);
  } else {
    print_line(std::string(network->name()) + " at " + text_of(inputs) + ": " +
               std::to_string(counts.parameters) + " trainable parameters, " +
               std::to_string(counts.statistics) + " statistics, " + std::to_string(counts.macs) +
               " multiply-accumulates");
  }
  return 0;
}

}  // namespace

Verb add_inspect(CLI::App& app, const CommandLine&) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = app.add_subcommand("inspect", "layers, parameters and multiply-accumulates");
  verb->add_option("model", options->model, "model file, run folder or name of a network")
      ->required();
  verb->add_option("--shape", options->shape,
                   "input N,C,H,W as in 1x3x512x512; of several inputs, 1x512,1x10");
  verb->add_option("--classes", options->classes, "output classes of a network given by its name")
      ->check(CLI::Range(1, 65536));
  verb->add_option("--channels", options->channels, "input channels of a network given by its name")
      ->check(CLI::Range(1, 65536));
  verb->add_option("--width", options->width,
                   "channels of the first level of a network given by its name")
      ->check(CLI::Range(1, 1024));
  verb->add_flag("--merged", options->merged, "repvgg-a2 as it is used after training");
  verb->add_flag("--layers", options->layers, "one line for each operation");
  add_global_options(*verb, options->global);
  return {verb, "burin inspect fundus-unet --shape 1x3x512x512 --layers",
          [options] { return run(*options); }};
}

}  // namespace burin::apps
