// A graph made ready to run: kernels chosen, weights packed, every value at its place in one block
// of memory, each node a call with bound addresses. run() decides nothing and looks nothing up.
//
// A program serves one caller at a time. Programs of one graph share packed weights.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/graph/band_choice.h"
#include "engine/graph/graph.h"
#include "engine/graph/placement.h"
#include "engine/ops/step.h"

namespace burin {

struct CompileOptions {
  Precision precision = Precision::f32;
  bool optimize = true;  // false: node by node as given
  // Bytes of activations, packed weights and scratch that threads share; 0: no limit. Where nodes
  // one after another need more, bands (bands.h) keep it.
  std::size_t max_memory = 0;
  std::int64_t band_rows = bands_by_choice;  // 0: no bands
  bool keep_values = false;  // every value has memory of its own; constants stay, no bands
  // Choose kernels by timing, without bands; must outlive the compilation only.
  TunedKernels* tuned = nullptr;
};

// A node that computes. Its calls are in the program, one or, in bands, one for each part.
struct ProgramStep {
  int node = -1;
  Step step;           // of bands, the first part
  double seconds = 0;  // of all profiled runs together
};

class Program {
 public:
  // Throws Error{"--max-memory", ...} with the figure when it needs more than it may. Weights that
  // nobody else holds are gone before the memory of the values is taken from the system.
  Program(Graph graph, const CompileOptions& options);
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  Program(Program&&) = default;
  Program& operator=(Program&&) = default;

  // Inputs in the order of the graph, any layout; throws Error for another shape or type. The
  // results are views of the program's memory, valid until the next run.
  std::span<const Tensor> run(std::span<const Tensor> inputs);
  // The same, and adds up the time of each step.
  std::span<const Tensor> run_profiled(std::span<const Tensor> inputs);

  [[nodiscard]] const Graph& graph() const noexcept { return graph_; }
  [[nodiscard]] const std::vector<ProgramStep>& steps() const noexcept { return steps_; }
  // The value of a node after a run; unless it is an output or values are kept, its memory may hold
  // another by then. Undefined for what is never whole in memory.
  [[nodiscard]] const Tensor& value(int node) const {
    return values_[static_cast<std::size_t>(node)];
  }
  // Of all profiled runs together, for copying the inputs.
  [[nodiscard]] double load_seconds() const noexcept { return load_seconds_; }
  [[nodiscard]] std::size_t activation_bytes() const noexcept { return plan_.memory.bytes; }
  [[nodiscard]] std::size_t shared_bytes() const noexcept { return shared_->bytes(); }
  [[nodiscard]] std::size_t packed_bytes() const;
  // What no plan of these values could do without.
  [[nodiscard]] std::size_t live_bytes() const { return live_peak(plan_.blocks.blocks); }
  [[nodiscard]] const std::vector<Region>& regions() const noexcept { return plan_.regions; }
  // The memory map, one line per block, then one for each region in bands.
  [[nodiscard]] std::string memory_text() const {
    return to_text(plan_.blocks.blocks, plan_.memory) + to_text(plan_.regions, graph_);
  }

 private:
  struct Call {
    std::size_t step;
    std::function<void()> run;
  };

  void bind_values();
  [[nodiscard]] Tensor in_memory(int root, const Layout& layout) const;
  void make_steps(const CompileOptions& options);
  void make_call(int id, const CompileOptions& options);
  void make_region(const Region& region, const CompileOptions& options);
  [[nodiscard]] Step make_step(const Node& node, std::vector<Tensor> operands, const Tensor& target,
                               const CompileOptions& options, const std::string& kernel = {});
  std::size_t add_step(int id, const Step& step);
  void note_needs(const Step& step);
  void warm();
  void run_on_zeros();
  void load(std::span<const Tensor> inputs);

  Graph graph_;          // constants hold no numbers any more unless values are kept
  Precision precision_;  // of its kernels
  std::vector<Place> places_;
  ValuePlan plan_;
  std::shared_ptr<Storage> memory_;
  std::vector<Tensor> values_;
  std::shared_ptr<SharedScratch> shared_;
  std::vector<ProgramStep> steps_;
  std::vector<Call> calls_;
  std::vector<std::shared_ptr<Storage>> packed_;  // each once
  std::size_t workspace_ = 0, written_ = 0;       // most bytes of scratch of a step (step.h)
  std::vector<Tensor> outputs_;
  double load_seconds_ = 0;
};

// All passes in their order, verified one by one; at bf16 store_as_bf16 after them. They choose for
// the kernels that a program of this graph takes: for few results, not all that f32 allows. `seen`,
// if given, is called after each.
using PassVisitor = std::function<void(std::string_view pass, const Graph& graph)>;
[[nodiscard]] Graph optimize(Graph graph, Precision precision = Precision::f32,
                             const PassVisitor& seen = {});

}  // namespace burin
