#include "engine/graph/program.h"

#include <algorithm>
#include <map>
#include <utility>

#include "engine/error.h"
#include "engine/graph/band_steps.h"
#include "engine/graph/passes.h"
#include "engine/ops/all_ops.h"
#include "engine/runtime/stopwatch.h"
#include "engine/runtime/workers.h"
#include "engine/tensor/copy.h"

namespace burin {
namespace {

// The operands that do not lie inside of the concatenation already are copied there.
Step join_step(const std::vector<Tensor>& operands, const Tensor& target) {
  std::vector<std::pair<Tensor, Tensor>> copies;
  std::int64_t channel = 0;
  for (const Tensor& operand : operands) {
    const std::int64_t channels = operand.shape().channels();
    const Tensor slice = target.channel_slice(channel, channels);
    channel += channels;
    const bool inside = operand.storage() == slice.storage() &&
                        operand.layout().offset() == slice.layout().offset();
    if (!inside) copies.emplace_back(operand, slice);
  }
  return {.run =
              [copies] {
                for (const auto& [from, to] : copies) copy_numbers(from, to);
              },
          .kernel = "copy"};
}

Step forward_step(const Node& node, std::vector<Tensor> operands, const Tensor& target) {
  return {.run =
              [op = node.op, attributes = node.attributes, operands = std::move(operands), target] {
                const Tensor result = evaluate(*op, operands, attributes, target);
                if (result.storage() != target.storage() ||
                    result.layout().offset() != target.layout().offset())
                  copy_numbers(result, target);
              },
          .kernel = std::string(node.op->name)};
}

// What kernels must hold, so that the results are f32's. At most four numbers for an image, such as
// the logits of a few findings, are differences of large sums, and nothing averages their errors: on
// an X-ray CNN of 12 convolutions split tiles gave 5e-5 to 2e-4, the other entries 2e-5 to 4e-5.
Precision kernel_precision(const Graph& graph, Precision asked) {
  if (asked != Precision::f32) return asked;
  constexpr std::int64_t few = 4;
  const std::int64_t images = graph.inputs.empty() ? 1 : graph.at(graph.inputs[0]).shape.batch();
  for (const GraphOutput& output : graph.outputs)
    if (graph.at(output.node).shape.elements() > few * images) return asked;
  return Precision::f32_unsplit;
}

}  // namespace

Graph optimize(Graph graph, Precision precision, const PassVisitor& seen) {
  verify(graph);
  precision = kernel_precision(graph, precision);
  const auto run = [&](std::string_view name, Graph after) {
    graph = std::move(after);
    verify(graph);
    if (seen) seen(name, graph);
  };
  for (const Pass& pass : passes()) run(pass.name, pass.run(std::move(graph), precision));
  if (precision == Precision::bf16) run("store_as_bf16", store_as_bf16(graph));
  return graph;
}

Program::Program(Graph graph, const CompileOptions& options)
    : graph_(options.optimize ? optimize(std::move(graph), options.precision) : std::move(graph)),
      precision_(kernel_precision(graph_, options.precision)),
      places_(place(graph_, !options.keep_values)),
      plan_(plan_values(graph_, places_,
                        {.rows = options.tuned == nullptr ? options.band_rows : 0,
                         .precision = precision_,
                         .max_memory = options.max_memory,
                         .keep_values = options.keep_values})),
      shared_(std::make_shared<SharedScratch>()) {
  memory_ = Storage::allocate(std::max<std::size_t>(plan_.memory.bytes, memory_alignment));
  bind_values();
  make_steps(options);
  const std::size_t bytes = plan_.memory.bytes + packed_bytes() + shared_->bytes();
  if (options.max_memory != 0 && bytes > options.max_memory)
    throw Error("--max-memory", memory_needed(bytes), std::to_string(options.max_memory));
  shared_->allocate();
  arena_trim();
  warm();
}

// The first run finds its pages in memory and, where a run takes some milliseconds, code and
// weights in caches.
void Program::warm() {
  runtime::touch_pages(memory_->data(), memory_->bytes());
  runtime::touch_pages(shared_->data(), written_);
  runtime::warm_workspaces(workspace_);
  constexpr std::int64_t few = 2'000'000'000;  // multiply-adds
  if (macs(graph_) > few) return;
  try {
    run_on_zeros();
  } catch (const Error&) {  // of these numbers: others may do
  }
}

// Times settle within some runs. Ends between nodes, as soon as it has taken long enough.
void Program::run_on_zeros() {
  constexpr int rounds = 5;
  constexpr double most_ms = 10;
  const runtime::Stopwatch watch;
  for (int i = 0; i < rounds; ++i) {
    for (const int id : graph_.inputs) value(id).fill(0);
    for (const Call& call : calls_) {
      if (watch.milliseconds() > most_ms) return;
      call.run();
    }
  }
}

// A layout in the block of a root, in elements from its beginning.
Tensor Program::in_memory(int root, const Layout& layout) const {
  const auto& roots = plan_.blocks.roots;
  const auto block = std::lower_bound(roots.begin(), roots.end(), root) - roots.begin();
  const DType type = graph_.at(root).type;
  const std::size_t at = plan_.memory.offsets[static_cast<std::size_t>(block)] / size_of(type);
  return Tensor::view(memory_, layout.moved(static_cast<std::int64_t>(at)), type);
}

void Program::bind_values() {
  for (std::size_t id = 0; id < graph_.nodes.size(); ++id) {
    const Place& p = places_[id];
    if (p.root < 0) {
      values_.push_back(graph_.nodes[id].value);
      continue;
    }
    const Region* const region = region_of(plan_.regions, p.root);
    const bool whole = region == nullptr || region->window_of(p.root) == nullptr;
    values_.push_back(whole ? in_memory(p.root, p.layout) : Tensor());
  }
}

void Program::make_steps(const CompileOptions& options) {
  std::vector<int> readers = uses(graph_);
  for (int id = 0; id < static_cast<int>(graph_.nodes.size()); ++id) {
    const Region* const region = region_of(plan_.regions, id);
    if (region == nullptr)
      make_call(id, options);
    else if (id == region->first)
      make_region(*region, options);
    if (options.keep_values) continue;
    // Steps hold what they read. Weights that were packed are needed no more: the next ones are
    // packed into their memory.
    for (const int operand : graph_.at(id).inputs)
      if (operand >= 0 && --readers[static_cast<std::size_t>(operand)] == 0 &&
          graph_.is_constant(operand))
        graph_.nodes[static_cast<std::size_t>(operand)].value =
            values_[static_cast<std::size_t>(operand)] = {};
  }
  for (const GraphOutput& output : graph_.outputs) outputs_.push_back(value(output.node));
}

void Program::make_call(int id, const CompileOptions& options) {
  const Node& node = graph_.at(id);
  if (node.op == nullptr || !places_[static_cast<std::size_t>(id)].computed) return;
  std::vector<Tensor> operands;
  for (const int operand : node.inputs) operands.push_back(operand < 0 ? Tensor() : value(operand));
  Step step = make_step(node, std::move(operands), value(id), options);
  auto run = std::move(step.run);
  calls_.push_back({add_step(id, step), std::move(run)});
}

void Program::make_region(const Region& region, const CompileOptions& options) {
  std::vector<Tensor> windows;
  for (const BandWindow& w : region.windows)
    windows.push_back(in_memory(w.root, window_layout(graph_.at(w.root), w)));
  std::map<int, std::size_t> steps;  // of nodes
  const auto make = [&](const Node& part, std::vector<Tensor> operands, const Tensor& target,
                        const std::string& kernel) {
    return make_step(part, std::move(operands), target, options, kernel);
  };
  const auto see = [&](int id, const Step& step) {
    if (steps.contains(id))
      note_needs(step);
    else
      steps[id] = add_step(id, step);
  };
  for (BandCall& call : band_calls(region, graph_, places_, {windows, values_}, make, see)) {
    const auto step = steps.find(call.node);  // a joined window has none of its own
    calls_.push_back(
        {step == steps.end() ? steps.begin()->second : step->second, std::move(call.run)});
  }
}

std::size_t Program::add_step(int id, const Step& step) {
  note_needs(step);
  steps_.push_back({.node = id, .step = step});
  steps_.back().step.run = {};
  return steps_.size() - 1;
}

void Program::note_needs(const Step& step) {
  workspace_ = std::max(workspace_, step.workspace);
  written_ = std::max(written_, step.shared);
  if (step.packed && std::find(packed_.begin(), packed_.end(), step.packed) == packed_.end())
    packed_.push_back(step.packed);
}

Step Program::make_step(const Node& node, std::vector<Tensor> operands, const Tensor& target,
                        const CompileOptions& options, const std::string& kernel) {
  if (joins_channels(node)) return join_step(operands, target);
  // Weights are packed once: they must be known, and only activations may change.
  bool known = node.op->plan != nullptr;
  for (std::size_t i = 1; i < std::min<std::size_t>(node.inputs.size(), 3); ++i)
    known = known && (node.inputs[i] < 0 || graph_.is_constant(node.inputs[i]));
  if (known)
    return node.op->plan({.inputs = operands,
                          .attributes = node.attributes,
                          .target = target,
                          .precision = precision_,
                          .shared = shared_,
                          .kernel = kernel,
                          .tuned = options.tuned});
  return forward_step(node, std::move(operands), target);
}

void Program::load(std::span<const Tensor> inputs) {
  check_inputs(graph_, inputs);
  for (std::size_t i = 0; i < inputs.size(); ++i) copy_numbers(inputs[i], value(graph_.inputs[i]));
}

std::span<const Tensor> Program::run(std::span<const Tensor> inputs) {
  load(inputs);
  for (const Call& call : calls_) call.run();
  return outputs_;
}

std::span<const Tensor> Program::run_profiled(std::span<const Tensor> inputs) {
  runtime::Stopwatch watch;
  load(inputs);
  load_seconds_ += watch.lap();
  for (const Call& call : calls_) {
    call.run();
    steps_[call.step].seconds += watch.lap();
  }
  return outputs_;
}

std::size_t Program::packed_bytes() const {
  std::size_t sum = 0;
  for (const auto& packed : packed_) sum += packed->bytes();
  return sum;
}

}  // namespace burin
