// Time and memory of a training step: forward, loss, backward, Adam.
//
//   train [--model M] [--shape NxC[xD]xHxW | --batch N] [--precision exact|f32|bf16] [--rounds R]
//         [--threads T] [--json] [--turns]
//
// Without --model: damage-unet at 2x3x256x256, the step of the fundus recipe, fundus-unet at
// 8x3x96x96, and a volume, unet3d-a at 1x4x64x64x64. --turns: one step for each line on standard input, so that a script can let programs
// take turns (train_peers.py).
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "engine/runtime/resident.h"
#include "engine/runtime/workers.h"
#include "kernels/cpu.h"
#include "models/zoo.h"
#include "perf/bench.h"
#include "perf/environment.h"
#include "perf/numbers.h"
#include "perf/usage.h"
#include "train/loss.h"
#include "train/optimizer.h"
#include "train/recipe.h"

namespace {

using namespace burin;

struct Arguments {
  std::string model;
  std::vector<std::int64_t> shape;  // empty: the case's own
  std::int64_t batch = 0;           // 0: the case's own
  Precision precision = Precision::f32;
  int rounds = 7, threads = 0;
  bool json = false, turns = false;
};

struct Case {
  const char* model;
  Shape input;
  train::LossKind loss;
};

const Case cases[] = {
    {"damage-unet", {2, 3, 256, 256}, train::LossKind::cross_entropy},
    {"fundus-unet", {8, 3, 96, 96}, train::LossKind::dice_bce},
    {"unet3d-a", {1, 4, 64, 64, 64}, train::LossKind::dice},
};

// Numbers in [0, 1), the same in every program that is compared: the top 24 bits of Knuth's
// generator (MMIX).
std::vector<float> numbers(std::int64_t count) {
  std::vector<float> out(static_cast<std::size_t>(count));
  std::uint64_t state = 1;
  for (float& v : out) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    v = static_cast<float>(state >> 40) * 0x1p-24f;
  }
  return out;
}

class Step {
 public:
  Step(const Case& c, const Shape& input, Precision precision)
      : precision_(precision),
        network_(models::make_network(c.model)),
        options_{.kind = c.loss},
        image_(Tensor::from(input, numbers(input.elements()))),
        optimizer_({}, network_->parameters()) {
    Tape shapes(Mode::shapes);
    const std::int64_t classes = network_->forward(shapes.input(input)).shape()[1];
    macs_ = shapes.macs();
    std::vector<std::int64_t> sizes(input.sizes().begin(), input.sizes().end());
    sizes[1] = classes;
    const Shape output{std::span<const std::int64_t>(sizes)};
    if (train::wants_classes(c.loss)) {
      sizes.erase(sizes.begin() + 1);
      const Shape pixels{std::span<const std::int64_t>(sizes)};
      const std::vector<float> noise = numbers(pixels.elements());
      target_ = Tensor::empty(pixels, DType::i32, Order::row_major);
      for (std::size_t i = 0; i < noise.size(); ++i)
        target_.data<std::int32_t>()[i] =
            static_cast<std::int32_t>(noise[i] * static_cast<float>(classes));
    } else {
      const std::vector<float> noise = numbers(output.elements());
      target_ = Tensor::empty(output);
      for (std::size_t i = 0; i < noise.size(); ++i) target_.data()[i] = noise[i] < 0.1f;
    }
  }

  // Returns the loss before the step.
  float operator()() {
    Tape tape(Mode::training);
    tape.set_precision(precision_);
    const Value value = train::loss(network_->forward(tape.input(image_)), target_, options_);
    const Gradients gradients = tape.backward(value);
    std::vector<Tensor> by_parameter;
    for (const NamedParameter& p : optimizer_.parameters())
      by_parameter.push_back(gradients.of(tape.leaf_of(p.parameter->value)));
    optimizer_.step(by_parameter, 1e-4);
    return *value.tensor().data();
  }

  [[nodiscard]] std::int64_t macs() const { return macs_; }

 private:
  Precision precision_;
  std::unique_ptr<Network> network_;
  train::LossOptions options_;
  Tensor image_, target_;
  train::Optimizer optimizer_;
  std::int64_t macs_ = 0;  // of a forward pass
};

// runtime::peak_resident_bytes counts from here on (proc(5): clear_refs).
void reset_peak() { std::ofstream("/proc/self/clear_refs") << 5; }

void run(const Case& c, const Arguments& arguments) {
  std::vector<std::int64_t> sizes = arguments.shape;
  if (sizes.empty()) sizes.assign(c.input.sizes().begin(), c.input.sizes().end());
  if (arguments.batch > 0) sizes[0] = arguments.batch;
  const Shape input{std::span<const std::int64_t>(sizes)};
  reset_peak();
  Step step(c, input, arguments.precision);
  if (arguments.turns) {
    for (std::string line; std::getline(std::cin, line);) {
      float loss = 0;
      const double t = perf::seconds([&] { loss = step(); });
      std::printf("{\"seconds\":%.6f,\"loss\":%.6f,\"peak_bytes\":%lld}\n", t, loss,
                  static_cast<long long>(runtime::peak_resident_bytes()));
      std::fflush(stdout);
    }
    return;
  }
  std::vector<double> times;
  const double first = perf::seconds([&] { step(); });
  float loss = 0;
  for (int round = 0; round < arguments.rounds; ++round)
    times.push_back(perf::seconds([&] { loss = step(); }));
  const double median = perf::median(times), least = *std::min_element(times.begin(), times.end());
  const std::string shape = input.text(), isa(kernels::isa_name(kernels::isa_cap()));
  const std::string precision(name_of(arguments.precision));
  // A step is three passes of the forward's multiply-adds, two operations each.
  const double gflops = 6e-9 * static_cast<double>(step.macs()) / median;
  if (arguments.json)
    std::printf(
        "{\"model\":\"%s\",\"shape\":\"%s\",\"precision\":\"%s\",\"isa_cap\":\"%s\","
        "\"threads\":%d,\"seconds\":%.5f,\"best_seconds\":%.5f,\"first_seconds\":%.5f,"
        "\"gflops\":%.1f,\"peak_bytes\":%lld,\"loss\":%.6f}\n",
        c.model, shape.c_str(), precision.c_str(), isa.c_str(), runtime::threads(), median, least,
        first, gflops, static_cast<long long>(runtime::peak_resident_bytes()), loss);
  else
    std::printf("%-20s %-14s %-5s %8.1f ms (best %.1f, first %.1f)  %7.1f GFLOP/s  peak %.0f MB\n",
                c.model, shape.c_str(), precision.c_str(), median * 1e3, least * 1e3, first * 1e3,
                gflops, static_cast<double>(runtime::peak_resident_bytes()) * 1e-6);
  std::fflush(stdout);
}

// Positive sizes separated by 'x'; nothing for a word that is not four or five of them.
std::optional<std::vector<std::int64_t>> sizes_from(const std::string& word) {
  std::vector<std::int64_t> sizes;
  std::istringstream words(word);
  for (std::string part; std::getline(words, part, 'x');) {
    const auto size = perf::number_from(part, 1, 1 << 20);
    if (!size) return {};
    sizes.push_back(*size);
  }
  if (sizes.size() != 4 && sizes.size() != 5) return {};
  return sizes;
}

std::optional<Arguments> parse(int argc, char** argv) {
  Arguments a;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--json") {
      a.json = true;
    } else if (word == "--turns") {
      a.turns = true;
    } else if (i + 1 == argc) {
      return {};
    } else if (const std::string value = argv[++i]; word == "--model") {
      if (std::none_of(std::begin(cases), std::end(cases),
                       [&](const Case& c) { return value == c.model; }))
        return {};
      a.model = value;
    } else if (word == "--shape") {
      const auto sizes = sizes_from(value);
      if (!sizes) return {};
      a.shape = *sizes;
    } else if (word == "--precision") {
      const auto precision = kernels::precision_named(value);
      if (!precision) return {};
      a.precision = *precision;
    } else if (const auto number = perf::number_from(value, 1, 1 << 20); !number) {
      return {};
    } else if (word == "--batch") {
      a.batch = *number;
    } else if (word == "--rounds") {
      a.rounds = *number;
    } else if (word == "--threads" && *number <= perf::most_threads) {
      a.threads = *number;
    } else {
      return {};
    }
  }
  return a;
}

}  // namespace

int main(int argc, char** argv) {
  constexpr const char* usage =
      "usage: train [--model damage-unet|fundus-unet|unet3d-a] [--shape NxC[xD]xHxW | --batch N] "
      "[--precision exact|f32|bf16] [--rounds R] [--threads T] [--json] [--turns]";
  if (perf::helped(argc, argv, usage)) return 0;
  const auto arguments = parse(argc, argv);
  if (!arguments) {
    std::fprintf(stderr, "%s\n", usage);
    return 2;
  }
  if (!perf::check_environment()) return 2;
  try {
    train::check_precision(arguments->precision);
    runtime::configure({.threads = arguments->threads});
    std::fprintf(stderr, "%s\n", runtime::describe().c_str());
    for (const Case& c : cases)
      if (arguments->model.empty() || arguments->model == c.model) run(c, *arguments);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "train: %s\n", error.what());
    return 1;
  }
  return 0;
}
