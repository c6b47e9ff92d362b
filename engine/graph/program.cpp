#include "engine/graph/program.h"

#include <algorithm>
#include <utility>

#include "engine/error.h"
#include "engine/graph/passes.h"
#include "engine/ops/all_ops.h"
#include "engine/runtime/stopwatch.h"
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

}  // namespace

Graph optimize(Graph graph, Precision precision, const PassVisitor& seen) {
  verify(graph);
  const auto run = [&](std::string_view name, Graph after) {
    graph = std::move(after);
    verify(graph);
    if (seen) seen(name, graph);
  };
  for (const Pass& pass : passes()) run(pass.name, pass.run(graph, precision));
  if (precision == Precision::bf16) run("store_as_bf16", store_as_bf16(graph));
  return graph;
}

Program::Program(const Graph& graph, const CompileOptions& options)
    : graph_(options.optimize ? optimize(graph, options.precision) : graph),
      places_(place(graph_, !options.keep_values)),
      blocks_(blocks_of(graph_, places_)),
      plan_(plan_memory(blocks_.blocks, !options.keep_values)),
      shared_(std::make_shared<SharedScratch>()) {
  if (options.max_memory != 0 && plan_.bytes > options.max_memory)
    throw Error("--max-memory", std::to_string(plan_.bytes) + " bytes for activations or more",
                std::to_string(options.max_memory));
  memory_ = Storage::allocate(std::max<std::size_t>(plan_.bytes, memory_alignment));
  bind_values();
  make_steps(options);
  shared_->allocate();
}

void Program::bind_values() {
  std::vector<std::size_t> offset(graph_.nodes.size());
  for (std::size_t i = 0; i < blocks_.roots.size(); ++i)
    offset[static_cast<std::size_t>(blocks_.roots[i])] = plan_.offsets[i];
  for (std::size_t id = 0; id < graph_.nodes.size(); ++id) {
    const Node& node = graph_.nodes[id];
    const Place& p = places_[id];
    if (p.root < 0) {
      values_.push_back(node.value);
      continue;
    }
    const std::size_t elements = offset[static_cast<std::size_t>(p.root)] / size_of(node.type);
    values_.push_back(
        Tensor::view(memory_, p.layout.moved(static_cast<std::int64_t>(elements)), node.type));
  }
}

void Program::make_steps(const CompileOptions& options) {
  for (int id = 0; id < static_cast<int>(graph_.nodes.size()); ++id)
    if (graph_.at(id).op != nullptr && places_[static_cast<std::size_t>(id)].computed)
      steps_.push_back({.node = id, .step = make_step(id, options)});
  for (const GraphOutput& output : graph_.outputs) outputs_.push_back(value(output.node));
  if (options.keep_values) return;
  // Steps hold what they read; weights that were packed are needed no more.
  for (std::size_t id = 0; id < graph_.nodes.size(); ++id)
    if (graph_.is_constant(static_cast<int>(id))) graph_.nodes[id].value = values_[id] = {};
}

Step Program::make_step(int id, const CompileOptions& options) {
  const Node& node = graph_.at(id);
  std::vector<Tensor> operands;
  for (const int operand : node.inputs) operands.push_back(operand < 0 ? Tensor() : value(operand));
  if (joins_channels(node)) return join_step(operands, value(id));
  // Weights are packed once: they must be known, and only activations may change.
  bool known = node.op->plan != nullptr;
  for (std::size_t i = 1; i < std::min<std::size_t>(node.inputs.size(), 3); ++i)
    known = known && (node.inputs[i] < 0 || graph_.is_constant(node.inputs[i]));
  if (known)
    return node.op->plan({.inputs = operands,
                          .attributes = node.attributes,
                          .target = value(id),
                          .precision = options.precision,
                          .shared = shared_,
                          .tuned = options.tuned});
  return forward_step(node, std::move(operands), value(id));
}

void Program::load(std::span<const Tensor> inputs) {
  check_inputs(graph_, inputs);
  for (std::size_t i = 0; i < inputs.size(); ++i) copy_numbers(inputs[i], value(graph_.inputs[i]));
}

std::span<const Tensor> Program::run(std::span<const Tensor> inputs) {
  load(inputs);
  for (const ProgramStep& step : steps_) step.step.run();
  return outputs_;
}

std::span<const Tensor> Program::run_profiled(std::span<const Tensor> inputs) {
  runtime::Stopwatch watch;
  load(inputs);
  load_seconds_ += watch.lap();
  for (ProgramStep& step : steps_) {
    step.step.run();
    step.seconds += watch.lap();
    ++step.profiled;
  }
  return outputs_;
}

std::size_t Program::packed_bytes() const {
  std::size_t sum = 0;
  for (const ProgramStep& step : steps_)
    if (step.step.packed) sum += step.step.packed->bytes();
  return sum;
}

}  // namespace burin
