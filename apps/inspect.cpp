// burin inspect MODEL [--shape 1x3x512x512] [--layers] [--profile]: parameters and
// multiply-accumulates; what the compiled program does with them.
#include <memory>

#include "apps/compile.h"
#include "apps/inspect_program.h"
#include "apps/load_graph.h"
#include "apps/options.h"
#include "apps/output.h"
#include "apps/profile.h"
#include "apps/roofline.h"
#include "apps/tuned_file.h"
#include "engine/runtime/peaks.h"
#include "io/atomic_file.h"

namespace burin::apps {
namespace {

struct Options {
  GlobalOptions global;
  std::string model;
  std::vector<std::string> shapes;
  std::int64_t classes = 0, channels = 0, width = 0;  // 0: the network's own
  std::int64_t batch = 0;
  bool definition = false, merged = false;
  bool layers = false, profile = false, passes = false, memory = false, tune = false;
  std::string bands = "auto";
  std::string trace, roofline;  // files to write
  double seconds = 1;
};

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

void print_definition(const Tape& tape, bool json) {
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

// Without running anything or taking memory for it.
nlohmann::json counts_of_network(Network& network, std::span<const Shape> inputs) {
  const models::Counts counts = models::count(network, inputs);
  return {
      {"parameters", counts.parameters}, {"statistics", counts.statistics}, {"macs", counts.macs}};
}

nlohmann::json counts_of_graph(const Graph& graph) {
  std::int64_t constants = 0;
  for (int id = 0; id < static_cast<int>(graph.nodes.size()); ++id)
    if (graph.is_constant(id)) constants += graph.at(id).shape.elements();
  return {{"parameters", constants}, {"macs", macs(graph)}};
}

void print_counts(const Options& options, nlohmann::json counts, const std::string& name,
                  const std::string& shapes) {
  counts["model"] = name;
  counts["input"] = shapes;
  add_settings(counts, options.global);
  if (options.global.json) return print_json(counts);
  std::string line = name + " at " + shapes + ": " + counts["parameters"].dump() +
                     (counts.contains("statistics") ? " trainable parameters, " : " parameters, ");
  if (counts.contains("statistics")) line += counts["statistics"].dump() + " statistics, ";
  print_line(line + counts["macs"].dump() + " multiply-accumulates");
}

// All that asks for a compiled program.
void inspect_program(const Options& options, const std::string& name, const Graph& graph) {
  const bool json = options.global.json;
  const Precision precision = precision_from(options.global.precision);
  const std::int64_t band_rows = band_rows_from(options.bands, options.tune);
  if (options.passes) print_passes(graph, precision, json);
  const bool timed = options.profile || !options.trace.empty() || !options.roofline.empty();
  if (!timed && !options.layers && !options.memory) {
    if (options.tune || band_rows > 0)
      throw UsageError(options.tune ? "--tune" : "--bands",
                       "--layers, --memory, --profile, --trace or --roofline", "none of them");
    return;
  }
  Program program = compile(graph, options.global, band_rows, options.tune);
  if (options.layers) print_nodes(program, json);
  if (options.memory) print_memory(program, json);
  if (!timed) return;
  const Profile times =
      profile(program, random_inputs(graph, options.global.seed.value_or(1)), options.seconds);
  if (options.profile)
    print_profile(
        times, runtime::measure_multiply_adds(precision == Precision::bf16 ? "bf16" : "f32"), json);
  if (!options.trace.empty()) write_trace(options.trace, name, times);
  if (!options.roofline.empty())
    write_file(options.roofline,
               roofline_svg(measure_roofline(name + " " + input_shapes_text(graph) + ", " +
                                             options.global.precision),
                            times));
}

int run(const Options& options) {
  apply(options.global);
  const LoadedModel model(options.model, {.seed = options.global.seed.value_or(1),
                                          .in_channels = options.channels,
                                          .classes = options.classes,
                                          .width = options.width,
                                          .merged = options.merged});
  const Graph graph = model.graph(
      {.shapes = shapes_by_name(options.shapes, model.input_names()), .batch = options.batch});
  std::vector<Shape> inputs;
  for (const int id : graph.inputs) inputs.push_back(graph.at(id).shape);
  if (options.definition) {
    if (model.network() == nullptr)
      throw UsageError("--definition", "a network of models/", "an ONNX file");
    Tape tape(Mode::shapes);
    (void)run_shapes(*model.network(), tape, inputs);  // for its nodes
    print_definition(tape, options.global.json);
  }
  inspect_program(options, model.name(), graph);
  print_counts(options,
               model.network() != nullptr ? counts_of_network(*model.network(), inputs)
                                          : counts_of_graph(graph),
               model.name(), input_shapes_text(graph));
  return 0;
}

}  // namespace

Verb add_inspect(CLI::App& app, const CommandLine&) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = app.add_subcommand(
      "inspect", "parameters and multiply-accumulates; kernels, memory and times of the program");
  verb->add_option("model", options->model, model_help)->required();
  add_shape_options(*verb, options->shapes, options->batch);
  verb->add_option("--classes", options->classes, "output classes of a network given by its name")
      ->check(CLI::Range(1, 65536));
  verb->add_option("--channels", options->channels, "input channels of a network given by its name")
      ->check(CLI::Range(1, 65536));
  verb->add_option("--width", options->width,
                   "channels of the first level of a network given by its name")
      ->check(CLI::Range(1, 1024));
  verb->add_flag("--merged", options->merged, "repvgg-a2 as it is used after training");
  verb->add_flag("--definition", options->definition,
                 "one line for each operation of a network as models/ defines it");
  add_bands_option(*verb, options->bands);
  verb->add_flag("--layers", options->layers,
                 "each node of the program: kernel, multiply-accumulates, and why no other entry");
  verb->add_flag("--passes", options->passes, "what each pass changed, and the graph that is left");
  verb->add_flag("--memory", options->memory, "the map of the memory plan");
  verb->add_flag("--profile", options->profile, "runs it: time, rate and bytes of each node");
  verb->add_option("--seconds", options->seconds, "to run for --profile, --trace, --roofline")
      ->check(number_within(0.0, 3600.0));
  verb->add_option("--trace", options->trace,
                   "a file for one run's events, for chrome://tracing or Perfetto");
  verb->add_option("--roofline", options->roofline,
                   "an .svg file: rates under this CPU's ceilings");
  add_tune_option(*verb, options->tune);
  add_global_options(*verb, options->global, any_precision());
  return {verb, "burin inspect fundus-unet --shape 1x3x512x512 --layers",
          [options] { return run(*options); }};
}

}  // namespace burin::apps
