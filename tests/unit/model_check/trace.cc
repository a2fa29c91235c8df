#include "tests/unit/model_check/trace.h"

#include <algorithm>

#include "core/rotation/status.h"

namespace baokms::core::model_check {
namespace {

std::string Records(const RegistryDocument& document) {
  std::string text = "generation " + std::to_string(document.generation);
  for (const SnapshotRecord& record : document.snapshots) {
    text += ", " + Name(IdentityWith(record.kubernetes_key_id)) + " " + record.state;
    if (record.state == "pending") {
      text += " seen " + std::to_string(record.stable_observation_count) + "x";
    }
  }
  return text;
}

std::string Health(const Node& node) {
  const auto reasons = UnhealthyReasons(node.view, node.now.boot);
  if (reasons.empty()) {
    return "Status answers " + Name(IdentityWith(node.view.keys->active->snapshot.key_id.str()));
  }
  std::string text = "unhealthy:";
  for (const Reason reason : reasons) text += " " + std::string(Name(reason));
  return text;
}

// The name of the node that each place of a sorted world holds.
class NodeNames {
 public:
  std::string At(std::size_t slot) const { return std::string(1, names_[slot]); }
  // The node in `slot` has become `to`, and the places were sorted again.
  std::size_t Follow(const World& before, const World& after, std::size_t slot) {
    World moved = before;
    std::size_t to = 0;
    // What is in `after` and not in the rest of `before`.
    for (std::size_t i = 0; i < kMostNodes; ++i) {
      const auto count = [&](const World& world, std::size_t skip) {
        int found = 0;
        for (std::size_t j = 0; j < kMostNodes; ++j) {
          if (j != skip && world.nodes[j] == after.nodes[i]) ++found;
        }
        return found;
      };
      if (count(after, kMostNodes) > count(before, slot)) to = i;
    }
    moved.nodes[slot] = after.nodes[to];
    std::vector<std::pair<NodeId, char>> order;
    for (std::size_t i = 0; i < kMostNodes; ++i) order.emplace_back(moved.nodes[i], names_[i]);
    const char name = names_[slot];
    std::ranges::sort(order);
    for (std::size_t i = 0; i < kMostNodes; ++i) names_[i] = order[i].second;
    return static_cast<std::size_t>(std::ranges::find(names_, name) - names_.begin());
  }

 private:
  std::array<char, kMostNodes> names_{'A', 'B', 'C'};
};

}  // namespace

std::string Describe(const Node& node) {
  if (node.refused) return "refused to start";
  std::string text = node.disk.state ? Records(*node.disk.state) : "no state";
  if (node.disk.state && (!node.disk.checkpoint ||
                          node.disk.checkpoint->current_hash != node.disk.state->current_hash)) {
    text += ", checkpoint behind";
  }
  return text + (node.keeper ? "; " + Health(node) : "; stopped");
}

std::string TraceTo(const NodeGraph& graph, const std::vector<World>& worlds,
                    const std::vector<Way>& ways, const std::vector<std::uint32_t>& path,
                    const std::string& broken) {
  std::string text = "COUNTEREXAMPLE: " + broken + "\n";
  NodeNames names;
  int line = 0;
  for (const std::uint32_t number : path) {
    const Way& way = ways[number];
    const World& after = worlds[number];
    text += "  " + std::to_string(++line) + ". ";
    if (way.slot == kNoSlot) {
      text += "Transit: " + graph.label(way.label) + "\n";
      continue;
    }
    const std::string name = names.At(way.slot);
    const std::size_t now = names.Follow(worlds[way.parent], after, way.slot);
    text += "node " + name + " " + graph.label(way.label) + " -> " +
            Describe(graph.node(after.nodes[now])) + "\n";
  }
  return text;
}

}  // namespace baokms::core::model_check
