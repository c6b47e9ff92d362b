// A node made ready to run again and again: kernel chosen, weights packed, addresses bound.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/autograd/op.h"
#include "engine/tensor/tensor.h"
#include "kernels/table.h"

namespace burin {

// Memory that the steps of a program share, one after the other.
class SharedScratch {
 public:
  void require(std::size_t bytes) { bytes_ = bytes > bytes_ ? bytes : bytes_; }
  void allocate() {
    if (bytes_ > 0) storage_ = Storage::allocate(bytes_);
  }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
  [[nodiscard]] void* data() const noexcept { return storage_ ? storage_->data() : nullptr; }

 private:
  std::size_t bytes_ = 0;
  std::shared_ptr<Storage> storage_;
};

class TunedKernels;  // engine/ops/tuned_kernels.h

struct StepRequest {
  std::span<const Tensor> inputs;  // undefined where absent; activations stay where they are
  const Attributes& attributes;
  Tensor target;  // channels last with a pixel stride
  Precision precision = Precision::f32;
  std::shared_ptr<SharedScratch> shared;
  std::string_view kernel{};      // full name of the entry to take; empty: the cheapest
  TunedKernels* tuned = nullptr;  // null: kernels by cost
};

// An entry of the table, in the order of the ranking.
struct Candidate {
  std::string kernel;
  double cost = 0;          // estimated, in f32 multiply-adds at full speed; 0 when refused
  double milliseconds = 0;  // of the one that timing chose
  std::string refused;      // why it cannot serve; empty for those that can
};

struct Step {
  std::function<void()> run;
  std::string kernel;                // name of the chosen entry
  std::vector<Candidate> ranking{};  // all entries: those that serve, by cost, then the others
  std::shared_ptr<Storage> packed{};
  // Bytes of scratch that it will write: of a worker, of all together. What brings its own threads
  // often leaves it alone: 0.
  std::size_t workspace = 0, shared = 0;
};

}  // namespace burin
