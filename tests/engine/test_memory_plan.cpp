#include <doctest/doctest.h>

#include "engine/graph/memory_plan.h"
#include "tests/support/random.h"

namespace burin {
namespace {

std::vector<MemoryBlock> random_blocks(test::Random& random, int count, int steps) {
  std::vector<MemoryBlock> blocks;
  for (int i = 0; i < count; ++i) {
    const int first = random.integer(0, steps - 1), last = random.integer(first, steps - 1);
    blocks.push_back({.bytes = static_cast<std::size_t>(random.integer(1, 10000)),
                      .first = first,
                      .last = last});
  }
  return blocks;
}

bool share_memory(const MemoryBlock& a, std::size_t at_a, const MemoryBlock& b, std::size_t at_b) {
  return at_a < at_b + b.bytes && at_b < at_a + a.bytes;
}

}  // namespace

TEST_CASE("blocks that live at once never overlap, and no plan is below the peak") {
  test::Random random(1);
  for (int round = 0; round < 200; ++round) {
    const auto blocks = random_blocks(random, random.integer(1, 40), random.integer(1, 20));
    const MemoryPlan plan = plan_memory(blocks);
    CHECK(plan.bytes >= live_peak(blocks));
    std::size_t sum = 0;
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      CHECK(plan.offsets[i] % memory_alignment == 0);
      CHECK(plan.offsets[i] + blocks[i].bytes <= plan.bytes);
      sum += (blocks[i].bytes + memory_alignment - 1) / memory_alignment * memory_alignment;
      for (std::size_t j = 0; j < i; ++j) {
        const bool meet = blocks[i].first <= blocks[j].last && blocks[j].first <= blocks[i].last;
        CHECK_FALSE((meet && share_memory(blocks[i], plan.offsets[i], blocks[j], plan.offsets[j])));
      }
    }
    CHECK(plan_memory(blocks, false).bytes == sum);
    CHECK(plan.bytes <= sum);
  }
}

TEST_CASE("a chain takes the memory of its largest pair") {
  const std::vector<MemoryBlock> chain{{.bytes = 640, .first = 0, .last = 1},
                                       {.bytes = 1280, .first = 1, .last = 2},
                                       {.bytes = 640, .first = 2, .last = 3},
                                       {.bytes = 64, .first = 3, .last = 4}};
  CHECK(plan_memory(chain).bytes == 1920);
  CHECK(to_text(chain, plan_memory(chain), 6) ==
        "   0-1             640  ....##  \n"
        "   1-2            1280  ####..  \n"
        "   2-3             640  ....##  \n"
        "   3-4              64  #.....  \n");
}

}  // namespace burin
