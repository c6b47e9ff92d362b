// Segments a picture with a trained model: segment MODEL PICTURE MASK.png
//
//   g++ -std=c++20 segment.cpp $(pkg-config --cflags --libs burin) -o segment
#include <cstdio>

#include "io/image.h"
#include "train/cases.h"
#include "train/model_file.h"
#include "train/predict.h"

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: segment MODEL PICTURE MASK.png\n");
    return 2;
  }
  try {
    const burin::train::Model model = burin::train::load_model(argv[1]);
    const burin::train::Recipe& recipe = model.recipe;
    const burin::Image picture = burin::read_image(argv[2]);
    // Resized and preprocessed as in training.
    const auto input = burin::train::case_of_picture(picture, {}, recipe.data, argv[2]);
    const auto prediction = burin::train::Predictor(*model.network, recipe.infer)(input);

    burin::Image mask = burin::make_image(prediction.width, prediction.height, 1);
    mask.data = prediction.labels(recipe.infer.threshold);
    for (auto& v : mask.data) v = prediction.classes == 1 && v != 0 ? 255 : v;
    burin::write_png(argv[3], mask);
    std::printf("%s: %lld x %lld pixels\n", argv[3], static_cast<long long>(mask.width),
                static_cast<long long>(mask.height));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "segment: %s\n", error.what());
    return 1;
  }
  return 0;
}
