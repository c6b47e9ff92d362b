#include "engine/graph/placement.h"

#include <algorithm>

#include "engine/graph/bands.h"
#include "engine/ops/all_ops.h"
#include "engine/ops/axis_rows.h"

namespace burin {
namespace {

bool is_view(const Node& node) { return node.op != nullptr && node.op->view != nullptr; }

class Placement {
 public:
  Placement(const Graph& graph, bool in_place)
      : graph_(graph), uses_(uses(graph)), places_(graph.nodes.size()) {
    const int count = static_cast<int>(places_.size());
    for (int id = 0; id < count; ++id)
      if (!graph.is_constant(id))
        at(id) = {id, Layout(graph.at(id).shape, Order::channels_last), true};
    // The last first: it may hold an earlier one.
    for (int id = count - 1; id >= 0; --id)
      if (joins_channels(graph.at(id))) place_concat(id);
    for (int id = 0; id < count; ++id)
      if (is_view(graph.at(id))) place_view(id);
    for (int id = 0; in_place && id < count; ++id)
      if (graph.at(id).op != nullptr && graph.at(id).op->in_place) place_over(id);
  }
  std::vector<Place> take() { return std::move(places_); }

 private:
  Place& at(int id) { return places_[static_cast<std::size_t>(id)]; }
  bool is_own(int id) { return at(id).root == id; }

  void place_concat(int id) {
    const Node& node = graph_.at(id);
    if (is_own(id) && lie_side_by_side(node)) {
      const Place& first = at(node.inputs[0]);
      // The channel stride is 1, so an offset in the root is a channel.
      const Layout whole = at(first.root).layout;
      at(id) = {first.root, whole.channel_slice(first.layout.offset(), node.shape.channels()),
                false};
      return;
    }
    std::int64_t channel = 0;
    bool all_inside = true;
    for (const int operand : node.inputs) {
      const std::int64_t channels = graph_.at(operand).shape.channels();
      if (may_move(operand, node))
        at(operand) = {at(id).root, at(id).layout.channel_slice(channel, channels),
                       at(operand).computed};
      else
        all_inside = false;
      channel += channels;
    }
    at(id).computed = !all_inside;
  }

  bool may_move(int operand, const Node& node) {
    return !graph_.is_constant(operand) && is_own(operand) && !is_view(graph_.at(operand)) &&
           std::count(node.inputs.begin(), node.inputs.end(), operand) == 1;
  }

  // All operands are made inside of one later concatenation already, in this order.
  bool lie_side_by_side(const Node& node) {
    std::int64_t next = -1;
    for (const int operand : node.inputs) {
      if (graph_.is_constant(operand) || is_own(operand)) return false;
      const Place& p = at(operand);
      if (p.root != at(node.inputs[0]).root) return false;
      if (next >= 0 && p.layout.offset() != next) return false;
      next = p.layout.offset() + p.layout.shape().channels();
    }
    return true;
  }

  void place_view(int id) {
    const Node& node = graph_.at(id);
    const int input = node.inputs[0];
    if (graph_.is_constant(input)) return;
    const auto layout = node.op->view(at(input).layout, node.attributes);
    if (layout && (layout->is_channels_last() || readers_take_any_layout(id)))
      at(id) = {at(input).root, *layout, false};
  }

  // A result takes the place of its first operand, where nothing else reads or shares that.
  void place_over(int id) {
    const Node& node = graph_.at(id);
    const int input = node.inputs[0];
    if (graph_.is_constant(input) || !is_own(id) || !is_own(input)) return;
    if (uses_[static_cast<std::size_t>(input)] != 1 || shares(input) || shares(id)) return;
    if (graph_.at(input).op == nullptr || graph_.at(input).type != node.type) return;
    if (graph_.at(input).shape != node.shape) return;
    at(id) = {input, at(input).layout, true};
  }
  bool shares(int root) const {
    return std::count_if(places_.begin(), places_.end(),
                         [root](const Place& p) { return p.root == root; }) > 1;
  }

  // Planned kernels want channels last; the others' forward takes everything.
  bool readers_take_any_layout(int id) const {
    return std::none_of(graph_.nodes.begin(), graph_.nodes.end(), [id](const Node& reader) {
      return reader.op != nullptr && reader.op->plan != nullptr &&
             std::count(reader.inputs.begin(), reader.inputs.end(), id) > 0;
    });
  }

  const Graph& graph_;
  std::vector<int> uses_;
  std::vector<Place> places_;
};

}  // namespace

bool joins_channels(const Node& node) {
  if (node.op != &concat_op || node.shape.rank() < 2) return false;
  return axis_of("concat", node.shape, std::get<AxisAttributes>(node.attributes).axis) == 1;
}

std::vector<Place> place(const Graph& graph, bool in_place) {
  return Placement(graph, in_place).take();
}

Blocks blocks_of(const Graph& graph, const std::vector<Place>& places,
                 const std::vector<Region>& regions) {
  const int end = static_cast<int>(graph.nodes.size());
  std::vector<int> first(graph.nodes.size(), end), last(graph.nodes.size(), -1);
  const auto touch = [&](int id, int when) {
    const int root = places[static_cast<std::size_t>(id)].root;
    if (root < 0) return;
    const Region* const region = region_of(regions, when);
    const auto i = static_cast<std::size_t>(root);
    first[i] = std::min(first[i], region == nullptr ? when : region->first);
    last[i] = std::max(last[i], region == nullptr ? when : region->last);
  };
  for (int id = 0; id < end; ++id) {
    touch(id, id);
    for (const int operand : graph.at(id).inputs)
      if (operand >= 0) touch(operand, id);
  }
  for (const int id : graph.inputs) touch(id, 0);
  for (const GraphOutput& output : graph.outputs) touch(output.node, end);
  Blocks out;
  for (int id = 0; id < end; ++id) {
    const Place& p = places[static_cast<std::size_t>(id)];
    if (p.root != id) continue;
    const auto i = static_cast<std::size_t>(id);
    const Node& node = graph.at(id);
    const std::string op = node.op == nullptr ? "input" : std::string(node.op->name);
    out.roots.push_back(id);
    const Region* const region = region_of(regions, id);
    const BandWindow* const window = region == nullptr ? nullptr : region->window_of(id);
    const Layout layout = window == nullptr ? p.layout : window_layout(node, *window);
    out.blocks.push_back(
        {.bytes = static_cast<std::size_t>(layout.extent()) * size_of(node.type),
         .first = first[i],
         .last = last[i],
         .name = "%" + std::to_string(id) + " " + op + " " + layout.shape().text()});
  }
  return out;
}

}  // namespace burin
