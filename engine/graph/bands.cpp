#include "engine/graph/bands.h"

#include <algorithm>
#include <limits>

namespace burin {
namespace {

constexpr std::int64_t no_row = std::numeric_limits<std::int64_t>::max();

int root_of(const std::vector<Place>& places, int id) {
  return id < 0 ? -1 : places[static_cast<std::size_t>(id)].root;
}

// Roots of which all members and all their readers are nodes of the region.
std::vector<BandWindow> windows_of(const Region& region, const Graph& graph,
                                   const std::vector<Place>& places) {
  std::vector<bool> inside(graph.nodes.size()), kept(graph.nodes.size(), true);
  for (const BandNode& n : region.nodes) inside[static_cast<std::size_t>(n.id)] = true;
  const auto refuse = [&](int id) {
    if (const int root = root_of(places, id); root >= 0)
      kept[static_cast<std::size_t>(root)] = false;
  };
  for (int id = 0; id < static_cast<int>(graph.nodes.size()); ++id) {
    if (inside[static_cast<std::size_t>(id)]) continue;
    refuse(id);
    for (const int operand : graph.at(id).inputs) refuse(operand);
  }
  for (const GraphOutput& output : graph.outputs) refuse(output.node);
  std::vector<BandWindow> out;
  for (const BandNode& n : region.nodes)
    if (root_of(places, n.id) == n.id && kept[static_cast<std::size_t>(n.id)])
      out.push_back({.root = n.id});
  return out;
}

// Walks the graph and collects runs.
class Finder {
 public:
  Finder(const Graph& graph, const std::vector<Place>& places, kernels::Precision precision)
      : graph_(graph), places_(places), precision_(precision) {
    for (int id = 0; id < static_cast<int>(graph.nodes.size()); ++id)
      if (graph.at(id).op != nullptr) visit(id);
    close();
  }
  std::vector<Region> take() { return std::move(regions_); }

 private:
  void visit(int id) {
    const auto rule = row_local(graph_, id, precision_);
    const Shape& shape = graph_.at(id).shape;
    if (!rule || (!run_.nodes.empty() && !fits(shape))) close();
    if (!rule) return;
    if (run_.nodes.empty()) {
      run_.first = id;
      run_.rows = row_count(shape);
    }
    run_.nodes.push_back({.id = id, .rule = *rule});
    run_.last = id;
    if (row_count(shape) < run_.rows) close();
  }
  [[nodiscard]] bool fits(const Shape& shape) const {
    const Shape& first = graph_.at(run_.first).shape;
    return shape.rank() == first.rank() && shape[0] == first[0] && row_count(shape) <= run_.rows;
  }
  void close() {
    run_.windows = windows_of(run_, graph_, places_);
    if (!run_.windows.empty()) regions_.push_back(std::move(run_));
    run_ = {};
  }

  const Graph& graph_;
  const std::vector<Place>& places_;
  kernels::Precision precision_;
  Region run_;
  std::vector<Region> regions_;
};

// f(reader, operand) for each node of the region that reads `id`.
template <class F>
void each_reader(const Region& region, const Graph& graph, int id, const F& f) {
  for (const BandNode& reader : region.nodes) {
    const Node& node = graph.at(reader.id);
    for (std::size_t i = 0; i < node.inputs.size(); ++i)
      if (node.inputs[i] == id) f(reader, i);
  }
}

// Rows that each node has made after each band, the last nodes first.
void schedule(Region& region, const Graph& graph) {
  const auto bands = static_cast<std::size_t>((region.rows + region.height - 1) / region.height);
  for (auto n = region.nodes.rbegin(); n != region.nodes.rend(); ++n) {
    const std::int64_t all = row_count(graph.at(n->id).shape);
    n->done.assign(bands, all);
    for (std::size_t band = 0; band + 1 < bands; ++band) {
      std::int64_t wanted = band == 0 ? 0 : n->done[band - 1];
      bool read = false;
      each_reader(region, graph, n->id, [&](const BandNode& reader, std::size_t operand) {
        read = true;
        if (const Rows rows{0, reader.done[band]}; !rows.empty())
          wanted = std::max(wanted, rows_read(graph, graph.at(reader.id), operand, rows).last);
      });
      if (!read)  // it sets the pace
        wanted = static_cast<std::int64_t>(band + 1) * region.height * all / region.rows;
      n->done[band] = std::min(all, n->rule.cut_from(wanted));
    }
  }
}

// From the first row that is made or read in a band to the last that is made.
Rows held_in(const Region& region, const Graph& graph, const std::vector<Place>& places, int root,
             std::size_t band) {
  Rows held{no_row, 0};
  for (const BandNode& member : region.nodes) {
    if (root_of(places, member.id) != root) continue;
    const Rows made = member.rows(band);
    held.first = std::min(held.first, made.first);
    held.last = std::max(held.last, made.last);
    each_reader(region, graph, member.id, [&](const BandNode& reader, std::size_t operand) {
      const Node& node = graph.at(reader.id);
      const std::int64_t next = reader.rows(band).first;
      if (next < row_count(node.shape))
        held.first = std::min(held.first, rows_read(graph, node, operand, {next, next + 1}).first);
    });
  }
  return held;
}

bool kernels_serve(const Region& region, const Graph& graph, kernels::Precision precision) {
  return std::all_of(region.nodes.begin(), region.nodes.end(), [&](const BandNode& n) {
    for (std::size_t band = 0; band < region.bands(); ++band)
      if (const Rows rows = n.rows(band);
          !rows.empty() &&
          !serves(graph, n.id, part_of(graph, n.id, rows), n.rule.kernel, precision))
        return false;
    return true;
  });
}

}  // namespace

const BandWindow* Region::window_of(int root) const {
  const auto found = std::find_if(windows.begin(), windows.end(),
                                  [root](const BandWindow& w) { return w.root == root; });
  return found == windows.end() ? nullptr : &*found;
}

const Region* region_of(const std::vector<Region>& regions, int id) {
  const auto found = std::find_if(regions.begin(), regions.end(),
                                  [id](const Region& r) { return r.contains(id); });
  return found == regions.end() ? nullptr : &*found;
}

Layout window_layout(const Node& root, const BandWindow& window) {
  return {root.shape.with(0, 1).with(row_axis, window.rows), Order::channels_last};
}

std::vector<Region> find_regions(const Graph& graph, const std::vector<Place>& places,
                                 kernels::Precision precision) {
  return Finder(graph, places, precision).take();
}

bool cut(Region& region, std::int64_t height, const Graph& graph, const std::vector<Place>& places,
         kernels::Precision precision) {
  if (height >= region.rows) return false;
  region.height = height;
  schedule(region, graph);
  for (BandWindow& window : region.windows) {
    window.held.clear();
    window.rows = 0;
    for (std::size_t band = 0; band < region.bands(); ++band) {
      window.held.push_back(held_in(region, graph, places, window.root, band));
      window.rows = std::max(window.rows, window.held.back().count());
    }
  }
  return kernels_serve(region, graph, precision);
}

std::string to_text(const std::vector<Region>& regions, const Graph& graph) {
  std::string out;
  for (const Region& region : regions) {
    out += "nodes %" + std::to_string(region.first) + "-%" + std::to_string(region.last) + " in " +
           std::to_string(region.bands()) + " bands of " + std::to_string(region.height) + " rows:";
    for (const BandWindow& window : region.windows)
      out += (&window == &region.windows[0] ? " %" : ", %") + std::to_string(window.root) + " " +
             std::string(graph.at(window.root).op->name) + " " +
             graph.at(window.root).shape.text() + " in " + std::to_string(window.rows) + " rows";
    out += "\n";
  }
  return out;
}

}  // namespace burin
