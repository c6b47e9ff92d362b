// What apps, training and inference see of a network: inputs with names, one output, parameters.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "engine/nn/module.h"

namespace burin {

// The batch is free, the channels are those of `shape`; heights, widths and depths follow the rule.
// Pictures and volumes of one call have one size.
struct NetworkInput {
  std::string name;                      // "image"
  Shape shape;                           // batch 1, the shape of its paper
  std::int64_t least = 1, multiple = 1;  // of heights, widths and depths
  bool fixed = false;                    // heights, widths and depths of `shape` only
};

class Network {
 public:
  virtual ~Network() = default;
  [[nodiscard]] virtual std::string_view name() const noexcept = 0;  // "fundus-unet"
  [[nodiscard]] virtual std::vector<NetworkInput> inputs() const = 0;
  [[nodiscard]] virtual std::vector<NamedParameter> parameters() = 0;

  // Logits or the task's raw output. Throws Error for inputs that do not fit.
  [[nodiscard]] Value forward(std::span<const Value> inputs);
  [[nodiscard]] Value forward(const Value& input) { return forward({&input, 1}); }
  // Throws Error{name, shapes that fit, the one that does not}.
  void check_inputs(std::span<const Shape> shapes) const;
  void check_input(const Shape& shape) const { check_inputs({&shape, 1}); }

 private:
  // The arrows of the figure; the inputs fit.
  [[nodiscard]] virtual Value run(std::span<const Value> inputs) = 0;
};

// Shapes of inputs(), batch 1.
[[nodiscard]] std::vector<Shape> default_shapes(const Network& network);
// What a network gives for these shapes, on a tape of Mode::shapes.
[[nodiscard]] Value run_shapes(Network& network, Tape& tape, std::span<const Shape> shapes);

}  // namespace burin
