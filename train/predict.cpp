#include "train/predict.h"

#include <algorithm>
#include <cstring>

#include "engine/error.h"
#include "engine/ops/ops.h"
#include "models/windows.h"

namespace burin::train {
namespace {

constexpr std::int64_t multiple = 16;  // the deepest network halves four times

std::int64_t padded(std::int64_t size) noexcept {
  return (size + multiple - 1) / multiple * multiple;
}

// Pixel (y, x) of the tensor is pixel (y, x) of the case, mirrored on request; the rest is zero.
Tensor tensor_of(const Case& c, bool mirror_y, bool mirror_x) {
  const std::int64_t h = padded(c.height), w = padded(c.width);
  const Tensor out = Tensor::zeros({1, c.channels, h, w});
  float* target = out.data<float>();
  for (std::int64_t y = 0; y < c.height; ++y)
    for (std::int64_t x = 0; x < c.width; ++x) {
      const std::int64_t sy = mirror_y ? c.height - 1 - y : y, sx = mirror_x ? c.width - 1 - x : x;
      std::memcpy(target + (y * w + x) * c.channels,
                  &c.image[static_cast<std::size_t>((sy * c.width + sx) * c.channels)],
                  static_cast<std::size_t>(c.channels) * sizeof(float));
    }
  return out;
}

// Adds the output, cropped and mirrored back, to the sum.
void add_output(const Tensor& output, bool mirror_y, bool mirror_x, Prediction& sum) {
  const std::int64_t k = sum.classes, w = output.shape()[3], stride = output.pixel_stride();
  const float* source = output.data<float>();
  for (std::int64_t y = 0; y < sum.height; ++y)
    for (std::int64_t x = 0; x < sum.width; ++x) {
      const std::int64_t sy = mirror_y ? sum.height - 1 - y : y,
                         sx = mirror_x ? sum.width - 1 - x : x;
      const float* pixel = source + (sy * w + sx) * stride;
      float* target = &sum.probability[static_cast<std::size_t>((y * sum.width + x) * k)];
      for (std::int64_t c = 0; c < k; ++c) target[c] += pixel[c];
    }
}

constexpr std::size_t kept_programs = 3;

}  // namespace

std::vector<std::uint8_t> Prediction::labels(double threshold) const {
  std::vector<std::uint8_t> out(static_cast<std::size_t>(height * width));
  const auto k = static_cast<std::size_t>(classes);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const float* p = &probability[i * k];
    out[i] = k == 1 ? p[0] > static_cast<float>(threshold)
                    : static_cast<std::uint8_t>(std::max_element(p, p + k) - p);
  }
  return out;
}

Program& Predictor::program_for(const Shape& image) {
  for (Program& program : programs_)
    if (program.graph().at(program.graph().inputs[0]).shape == image) return program;
  network_.check_input(image);
  Tape tape(Mode::shapes);
  const Value raw = network_.forward(tape.input(image));
  const Value y = raw.shape().channels() == 1 ? sigmoid(raw) : softmax(raw);
  if (programs_.size() >= kept_programs) programs_.pop_front();
  programs_.emplace_back(trace(tape, {&y, 1}), CompileOptions{});
  return programs_.back();
}

const Tensor& Predictor::probabilities(const Tensor& image) {
  return program_for(image.shape()).run({&image, 1})[0];
}

void Predictor::add_whole(const Case& image, bool mirror_y, bool mirror_x, Prediction& sum) {
  const Tensor& output = probabilities(tensor_of(image, mirror_y, mirror_x));
  if (sum.probability.empty()) {
    sum.classes = output.shape().channels();
    sum.probability.assign(static_cast<std::size_t>(sum.height * sum.width * sum.classes), 0.0f);
  }
  add_output(output, mirror_y, mirror_x, sum);
}

// All windows of one picture; a window that the network cannot take is an Error of check_input.
void Predictor::add_windows(const Case& image, Prediction& sum) {
  const models::WindowPlan plan(
      {image.height, image.width},
      {.window = {recipe_.window, recipe_.window},
       .stride = {recipe_.stride, recipe_.stride},
       .blend = recipe_.blend == "gaussian" ? models::Blend::gaussian : models::Blend::constant});
  const Shape one{1, image.channels, recipe_.window, recipe_.window};
  network_.check_input(one);
  Tape shapes(Mode::shapes);
  sum.classes = network_.forward(shapes.input(one)).shape().channels();
  const auto model = [&](std::span<const float> windows, std::int64_t count) {
    const Tensor batch = Tensor::empty({count, image.channels, recipe_.window, recipe_.window});
    std::memcpy(batch.data<float>(), windows.data(), windows.size_bytes());
    const Tensor output = probabilities(batch).clone();
    const float* p = output.data<float>();
    return std::vector<float>(p, p + output.elements());
  };
  sum.probability = models::infer_windows(
      plan, image.image, {.channels = image.channels, .classes = sum.classes}, model);
}

Prediction Predictor::operator()(const Case& image) {
  Prediction sum{.height = image.height, .width = image.width, .classes = 1, .probability = {}};
  if (recipe_.mode == "window") {
    add_windows(image, sum);
    return sum;
  }
  const int views = recipe_.flips ? 4 : 1;
  for (int view = 0; view < views; ++view) add_whole(image, (view & 2) != 0, (view & 1) != 0, sum);
  for (auto& p : sum.probability) p /= static_cast<float>(views);
  return sum;
}

}  // namespace burin::train
