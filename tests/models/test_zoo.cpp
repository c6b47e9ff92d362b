#include <doctest/doctest.h>

#include <cmath>
#include <set>

#include "engine/error.h"
#include "engine/graph/graph.h"
#include "models/zoo.h"

namespace burin::models {
namespace {

Counts count_at(Network& network, const Shape& input) { return count(network, {&input, 1}); }

}  // namespace

// Published counts: trainable, running statistics, multiply-accumulates at the shape of the paper.
TEST_CASE("parameter and multiply counts") {
  struct Row {
    const char* name;
    std::int64_t classes, size, parameters, statistics, macs;
  };
  for (const Row& row : {
           Row{"fundus-unet", 0, 48, 11'339'327, 12'388, 3'030'430'464},
           Row{"fundus-unet-faithful", 0, 48, 11'339'318, 12'388, 3'030'430'464},
           Row{"damage-unet", 0, 512, 31'037'893, 11'776, 192'736'657'408},
           Row{"damage-unet", 4, 512, 31'037'828, 11'776, 192'719'880'192},
           Row{"damage-unet", 3, 512, 31'037'763, 11'776, 192'703'102'976},
           Row{"damage-unet", 5, 1024, 31'037'893, 11'776, 770'946'629'632},
       }) {
    INFO(row.name << " " << row.classes << " " << row.size);
    const auto network = make_network(row.name, {.classes = row.classes});
    const Counts counts = count_at(*network, {1, 3, row.size, row.size});
    CHECK(counts.parameters == row.parameters);
    CHECK(counts.statistics == row.statistics);
    CHECK(counts.macs == row.macs);
  }
}

TEST_CASE("counts of the other networks at their own inputs") {
  struct Row {
    const char* name;
    bool merged;
    std::int64_t parameters, statistics, macs;
  };
  for (const Row& row : {
           Row{"pix2pix-generator", false, 54'420'617, 11'014, 24'192'745'472},
           Row{"pix2pix-discriminator", false, 6'962'625, 0, 17'059'315'712},
           Row{"xray-cnn", false, 48'019'248, 0, 1'787'732'352},
           Row{"unet3d-a", false, 19'071'715, 0, 244'930'576'384},
           Row{"unet3d-b", false, 31'195'904, 0, 1'848'224'931'840},
           Row{"student-generator", false, 2'054'368, 17'792, 115'392'512},
           Row{"student-discriminator", false, 3'415'178, 0, 35'651'722},
           Row{"teacher-generator", false, 20'215'315, 0, 4'007'130'112},
           Row{"resnet20", false, 272'474, 1'568, 40'813'184},
           Row{"vgg16-bn", false, 15'253'578, 8'448, 313'725'952},
           Row{"mobilenetv2-x1-4", false, 4'333'706, 47'936, 170'073'344},
           Row{"shufflenetv2-x2-0", false, 5'365'486, 33'716, 187'811'200},
           Row{"repvgg-a2", false, 26'815'690, 42'560, 1'850'095'360},
           Row{"repvgg-a2", true, 24'105'034, 0, 1'665'087'232},
       }) {
    INFO(row.name << " " << row.merged);
    const auto network = make_network(row.name, {.merged = row.merged});
    const Counts counts = count(*network, default_shapes(*network));
    CHECK(counts.parameters == row.parameters);
    CHECK(counts.statistics == row.statistics);
    CHECK(counts.macs == row.macs);
  }
}

TEST_CASE("elements are counted without building") {
  for (const ModelOptions& o :
       {ModelOptions{}, ModelOptions{.in_channels = 1, .classes = 2, .width = 4},
        ModelOptions{.in_channels = 6, .classes = 1, .width = 7}}) {
    const Counts counts = count_at(*make_network("damage-unet", o),
                                   {1, o.in_channels == 0 ? 3 : o.in_channels, 16, 16});
    CHECK(least_elements("damage-unet", o) == counts.parameters + counts.statistics);
  }
  CHECK_THROWS_AS((void)least_elements("no-such-net"), Error);
}

TEST_CASE("a count that 64 bits do not hold is refused") {
  const auto network = make_network("damage-unet");
  CHECK(count_at(*network, {1, 3, 1 << 20, 1 << 20}).macs > std::int64_t{1} << 59);
  CHECK_THROWS_AS((void)count_at(*network, {1, 3, 1 << 24, 1 << 24}), Error);
  CHECK_THROWS_AS((void)count_at(*network, {1, 3, 100'000'000, 100'000'000}), Error);
}

TEST_CASE("every network takes its own input and has names without doubles") {
  for (const ModelEntry& entry : models()) {
    INFO(std::string(entry.name));
    const auto network = entry.make({});
    CHECK(network->name() == entry.name);
    CHECK(!entry.description.empty());
    CHECK(count(*network, default_shapes(*network)).macs > 0);
    Tape tape(Mode::shapes);
    const Value output = run_shapes(*network, tape, default_shapes(*network));
    const Graph graph = trace(tape, {&output, 1});
    CHECK_NOTHROW(verify(graph));
    CHECK(graph.inputs.size() == network->inputs().size());
    std::set<std::string> names;
    for (const NamedParameter& p : network->parameters()) {
      CHECK(names.insert(p.name).second);
      for (const float v : {p.parameter->value.to_vector().front()}) CHECK(std::isfinite(v));
    }
  }
}

TEST_CASE("seeds, options and unknown names") {
  const auto weights = [](std::uint64_t seed) {
    const auto network = make_network("fundus-unet", {.seed = seed});
    return network->parameters()[0].parameter->value.to_vector();
  };
  CHECK(weights(1) == weights(1));
  CHECK(weights(1) != weights(2));
  CHECK(make_network("damage-unet", {.in_channels = 6})->inputs()[0].shape ==
        Shape{1, 6, 512, 512});
  const auto narrow = make_network("damage-unet", {.classes = 2, .width = 4});
  CHECK(count_at(*narrow, {1, 3, 64, 64}).parameters == 122'098);
  CHECK_THROWS_AS((void)make_network("damage"), Error);
  CHECK_THROWS_AS((void)make_network(""), Error);
  CHECK_THROWS_AS((void)make_network("fundus-unet", {.classes = 2}), Error);
  CHECK_THROWS_AS((void)make_network("fundus-unet", {.width = 8}), Error);
  CHECK_THROWS_AS((void)make_network("damage-unet", {.in_channels = -1}), Error);
}

}  // namespace burin::models
