#include "engine/nn/network.h"

#include <algorithm>

#include "engine/error.h"

namespace burin {
namespace {

constexpr int first_spatial = 2;

bool size_fits(const NetworkInput& input, std::int64_t size, std::int64_t own) {
  return input.fixed ? size == own : size >= input.least && size % input.multiple == 0;
}

bool fits(const NetworkInput& input, const Shape& shape) {
  if (shape.rank() != input.shape.rank() || shape[0] < 1) return false;
  for (int axis = 1; axis < shape.rank(); ++axis)
    if (axis < first_spatial ? shape[axis] != input.shape[axis]
                             : !size_fits(input, shape[axis], input.shape[axis]))
      return false;
  return true;
}

// "n x 3 x h x w, h and w multiples of 8"
std::string text_of(const NetworkInput& input) {
  const int rank = input.shape.rank();
  const char letters[] = {'d', 'h', 'w'};
  std::string sizes = "n", names;
  for (int axis = 1; axis < rank; ++axis) {
    sizes += " x ";
    if (axis < first_spatial || input.fixed) {
      sizes += std::to_string(input.shape[axis]);
      continue;
    }
    const char letter = letters[3 - rank + axis];
    sizes += letter;
    if (!names.empty()) names += axis + 1 == rank ? " and " : ", ";
    names += letter;
  }
  if (names.empty()) return sizes;
  std::string rule;
  if (input.multiple > 1) rule = " multiples of " + std::to_string(input.multiple);
  if (input.least > input.multiple)
    rule += (rule.empty() ? " of " : ", ") + std::to_string(input.least) + " or more";
  return rule.empty() ? sizes : sizes + ", " + names + rule;
}

// The part of two shapes that pictures of one call share.
bool same_pixels(const Shape& a, const Shape& b) {
  if (a.rank() <= first_spatial || b.rank() <= first_spatial) return true;
  return std::ranges::equal(a.sizes().subspan(first_spatial), b.sizes().subspan(first_spatial));
}

}  // namespace

Value Network::forward(std::span<const Value> inputs) {
  std::vector<Shape> shapes;
  for (const Value& value : inputs) shapes.push_back(value.shape());
  check_inputs(shapes);
  return run(inputs);
}

void Network::check_inputs(std::span<const Shape> shapes) const {
  const std::vector<NetworkInput> wanted = inputs();
  const std::string operation(name());
  if (shapes.size() != wanted.size()) {
    std::string names;
    for (const NetworkInput& input : wanted) names += (names.empty() ? "" : ", ") + input.name;
    throw Error(operation, std::to_string(wanted.size()) + " inputs: " + names,
                std::to_string(shapes.size()));
  }
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const std::string place = wanted.size() > 1 ? wanted[i].name + " " : "";
    if (!fits(wanted[i], shapes[i]))
      throw Error(operation, place + text_of(wanted[i]), shapes[i].text());
    if (shapes[i][0] != shapes[0][0] || !same_pixels(shapes[i], shapes[0]))
      throw Error(operation, place + "of the batch and size of " + shapes[0].text(),
                  shapes[i].text());
  }
}

std::vector<Shape> default_shapes(const Network& network) {
  std::vector<Shape> out;
  for (const NetworkInput& input : network.inputs()) out.push_back(input.shape);
  return out;
}

Value run_shapes(Network& network, Tape& tape, std::span<const Shape> shapes) {
  std::vector<Value> values;
  for (const Shape& shape : shapes) values.push_back(tape.input(shape));
  return network.forward(values);
}

}  // namespace burin
