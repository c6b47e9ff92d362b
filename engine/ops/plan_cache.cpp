#include "engine/ops/plan_cache.h"

#include <algorithm>
#include <cassert>
#include <mutex>
#include <utility>

#include "engine/error.h"
#include "engine/ops/choose_kernel.h"
#include "engine/ops/shape_text.h"
#include "kernels/request.h"

namespace burin {
namespace {

using kernels::ConvShape;
using kernels::MatmulShape;

template <class Entry, class Shape>
struct Remembered {
  std::string op, pass;
  Shape shape;
  Wanted wanted;
  const Entry* entry;
};

// Appends, and forgets the oldest beyond most_choices: images of ever new sizes must not fill the
// memory.
template <class T>
void remember(std::vector<T>& list, T item) {
  if (list.size() >= most_choices) list.erase(list.begin());
  list.push_back(std::move(item));
}

// A network meets some hundred shapes: a hash is not due.
template <class Entry, class Shape>
class Choices {
 public:
  const Entry& find(std::string_view op, std::string_view pass, const Shape& shape,
                    const Wanted& wanted, std::span<const Entry* const> entries,
                    std::string_view name, std::vector<ChosenKernel>& log) {
    for (const auto& choice : choices_)
      if (choice.shape == shape && choice.op == op && choice.pass == pass &&
          choice.wanted == wanted)
        return *choice.entry;
    const Entry* entry = requested_or_cheapest<Entry>(entries, shape, name, wanted);
    assert(entry != nullptr);  // the reference refuses nothing
    remember(choices_, {std::string(op), std::string(pass), shape, wanted, entry});
    remember(log, {std::string(op), std::string(pass), shape_text(shape), entry->name});
    return *entry;
  }

 private:
  std::vector<Remembered<Entry, Shape>> choices_;
};

struct Cache {
  std::mutex mutex;
  Choices<kernels::ConvKernel, ConvShape> conv;
  Choices<kernels::ConvWeightKernel, ConvShape> weight;
  Choices<kernels::MatmulKernel, MatmulShape> matmul;
  std::vector<ChosenKernel> log;
};

Cache& cache() {
  static Cache one;
  return one;
}

}  // namespace

std::vector<ChosenKernel> chosen_kernels() {
  const std::lock_guard lock(cache().mutex);
  return cache().log;
}

void check_requested_kernels() {
  for (const auto& [op, name] : kernels::requested_kernels()) {
    const auto in = [wanted = name](const auto& entries) {
      return std::any_of(entries.begin(), entries.end(),
                         [&](const auto* e) { return kernels::is_named(e->name, wanted); });
    };
    const bool conv = in(kernels::conv_forward_kernels()) || in(kernels::conv_data_kernels()) ||
                      in(kernels::conv_weight_kernels());
    if (op == "conv" ? conv : op == "matmul" && in(kernels::matmul_kernels())) continue;
    throw Error("BURIN_KERNEL", "conv or matmul, a colon and a kernel, as in conv:direct",
                std::string(op) + (name.empty() ? "" : ":") + std::string(name));
  }
}

void check_environment() {
  if (!kernels::isa_cap_is_valid())
    throw Error("BURIN_MAX_ISA", "reference, avx2, avx512, vnni, bf16 or amx", "another word");
  check_requested_kernels();
}

const kernels::ConvKernel& conv_kernel(std::string_view op, ConvPass pass, const ConvShape& shape,
                                       const Wanted& wanted) {
  Cache& c = cache();
  const std::lock_guard lock(c.mutex);
  const bool forward = pass == ConvPass::forward;
  return c.conv.find(op, forward ? "forward" : "data", shape, wanted,
                     forward ? kernels::conv_forward_kernels() : kernels::conv_data_kernels(),
                     kernels::requested_kernel("conv"), c.log);
}

const kernels::ConvWeightKernel& conv_weight_kernel(std::string_view op, const ConvShape& shape,
                                                    const Wanted& wanted) {
  Cache& c = cache();
  const std::lock_guard lock(c.mutex);
  return c.weight.find(op, "weight", shape, wanted, kernels::conv_weight_kernels(),
                       kernels::requested_kernel("conv"), c.log);
}

const kernels::MatmulKernel& matmul_kernel(std::string_view op, std::string_view pass,
                                           const MatmulShape& shape, const Wanted& wanted) {
  Cache& c = cache();
  const std::lock_guard lock(c.mutex);
  return c.matmul.find(op, pass, shape, wanted, kernels::matmul_kernels(),
                       kernels::requested_kernel("matmul"), c.log);
}

}  // namespace burin
