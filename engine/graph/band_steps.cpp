#include "engine/graph/band_steps.h"

#include <cassert>
#include <cstring>

#include "engine/tensor/copy.h"

namespace burin {
namespace {

class BandCalls {
 public:
  BandCalls(const Region& region, const Graph& graph, const std::vector<Place>& places,
            const BandMemory& memory)
      : region_(region), graph_(graph), places_(places), memory_(memory) {}

  // Rows that a window keeps from the band before move to its beginning.
  void slide(std::size_t band, std::vector<BandCall>& calls) const {
    for (std::size_t i = 0; band > 0 && i < region_.windows.size(); ++i) {
      const BandWindow& w = region_.windows[i];
      const std::int64_t shift = w.held[band].first - w.held[band - 1].first;
      const std::int64_t count = w.held[band - 1].last - w.held[band].first;
      if (shift <= 0 || count <= 0) continue;
      const Tensor from = memory_.windows[i].row_slice(shift, count),
                   to = memory_.windows[i].row_slice(0, count);
      calls.push_back({w.root, [from, to, apart = count <= shift] { move_rows(from, to, apart); }});
    }
  }

  // Rows [first, last) of a value of one image, in a band.
  [[nodiscard]] Tensor rows_of(int id, std::int64_t image, std::size_t band, Rows rows) const {
    const Place& place = places_[static_cast<std::size_t>(id)];
    for (std::size_t i = 0; i < region_.windows.size(); ++i) {
      const BandWindow& w = region_.windows[i];
      if (w.root != place.root) continue;
      assert(rows.first >= w.held[band].first && rows.last <= w.held[band].last);
      // The channel stride is 1, so an offset in the root is a channel.
      return memory_.windows[i]
          .channel_slice(place.layout.offset(), place.layout.shape().channels())
          .row_slice(rows.first - w.held[band].first, rows.count());
    }
    return memory_.values[static_cast<std::size_t>(id)].batch_slice(image, 1).row_slice(
        rows.first, rows.count());
  }

  [[nodiscard]] std::vector<Tensor> operands(const Node& node, std::int64_t image, std::size_t band,
                                             Rows rows) const {
    std::vector<Tensor> out;
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      const int id = node.inputs[i];
      if (id < 0)
        out.emplace_back();
      else if (reads_rows(graph_, node, i))
        out.push_back(rows_of(id, image, band, rows_read(graph_, node, i, rows)));
      else
        out.push_back(part_of_constant(node, memory_.values[static_cast<std::size_t>(id)], rows));
    }
    return out;
  }

 private:
  static void move_rows(const Tensor& from, const Tensor& to, bool apart) {
    if (apart) return copy_numbers(from, to);
    const std::int64_t size = static_cast<std::int64_t>(size_of(from.dtype()));
    std::memmove(to.storage()->data() + to.layout().offset() * size,
                 from.storage()->data() + from.layout().offset() * size,
                 static_cast<std::size_t>(from.layout().extent() * size));
  }

  const Region& region_;
  const Graph& graph_;
  const std::vector<Place>& places_;
  const BandMemory& memory_;
};

}  // namespace

std::vector<BandCall> band_calls(const Region& region, const Graph& graph,
                                 const std::vector<Place>& places, const BandMemory& memory,
                                 const MakeStep& make_step,
                                 const std::function<void(int, const Step&)>& see) {
  const BandCalls bands(region, graph, places, memory);
  std::vector<BandCall> calls;
  for (std::int64_t image = 0; image < graph.at(region.first).shape.batch(); ++image)
    for (std::size_t band = 0; band < region.bands(); ++band) {
      bands.slide(band, calls);
      for (const BandNode& n : region.nodes) {
        const Rows rows = n.rows(band);
        if (rows.empty() || !places[static_cast<std::size_t>(n.id)].computed) continue;
        Step step =
            make_step(part_of(graph, n.id, rows), bands.operands(graph.at(n.id), image, band, rows),
                      bands.rows_of(n.id, image, band, rows), n.rule.kernel);
        see(n.id, step);
        calls.push_back({n.id, std::move(step.run)});
      }
    }
  return calls;
}

}  // namespace burin
