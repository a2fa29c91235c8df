#include "tests/unit/model_check/explorer.h"

#include <algorithm>
#include <chrono>

#include "tests/unit/model_check/trace.h"

namespace baokms::core::model_check {
namespace {

// Grows by doubling; holds numbers of worlds by what they are.
class WorldSet {
 public:
  explicit WorldSet(const std::vector<World>& worlds) : worlds_(worlds), slots_(1 << 16, kFree) {}

  // The number that an equal world has, else `number`, which it has from now on.
  std::uint32_t Insert(const World& world, std::uint32_t number) {
    if (2 * (number + 1UL) > slots_.size()) Grow();
    std::uint32_t& slot = Find(world);
    if (slot == kFree) slot = number;
    return slot;
  }

 private:
  static constexpr std::uint32_t kFree = 0xffffffff;

  static std::uint64_t Hash(const World& world) {
    const auto mix = [](std::uint64_t x) {
      x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
      x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
      return x ^ (x >> 31);
    };
    std::uint64_t hash = world.key + (std::uint64_t{world.ciphertexts} << 16) +
                         (std::uint64_t{world.spent_faults} << 24) +
                         (std::uint64_t{world.spent_changes} << 32);
    for (const NodeId node : world.nodes) hash = mix(hash + node + 0x9e3779b97f4a7c15);
    return hash;
  }
  std::uint32_t& Find(const World& world) {
    std::size_t at = Hash(world) & (slots_.size() - 1);
    while (slots_[at] != kFree && !(worlds_[slots_[at]] == world))
      at = (at + 1) & (slots_.size() - 1);
    return slots_[at];
  }
  void Grow() {
    std::vector<std::uint32_t> old(slots_.size() * 2, kFree);
    old.swap(slots_);
    for (const std::uint32_t number : old) {
      if (number != kFree) Find(worlds_[number]) = number;
    }
  }

  const std::vector<World>& worlds_;
  std::vector<std::uint32_t> slots_;
};

// Three places at most, and std::sort on so few trips GCC 12's array-bounds warning.
void SortNodes(World& world) {
  auto& [a, b, c] = world.nodes;
  if (b < a) std::swap(a, b);
  if (c < b) std::swap(b, c);
  if (b < a) std::swap(a, b);
}

class Explorer {
 public:
  Explorer(const Setting& setting, std::size_t at_most)
      : setting_(setting), at_most_(at_most), graph_(setting), known_(worlds_) {}

  Exploration Run() {
    const auto began = std::chrono::steady_clock::now();
    World first{.key = graph_.FirstKey()};
    for (int i = 0; i < setting_.nodes; ++i)
      first.nodes[static_cast<std::size_t>(i)] = graph_.Fresh();
    for (std::size_t i = static_cast<std::size_t>(setting_.nodes); i < first.nodes.size(); ++i) {
      first.nodes[i] = kNoNode;
    }
    Meet(first, {});
    std::size_t next = 0;
    for (; next < worlds_.size() && result_.counterexample.empty(); ++next) {
      if (worlds_.size() > at_most_) {
        result_.cut_short = true;
        break;
      }
      Expand(static_cast<std::uint32_t>(next));
    }
    result_.worlds = worlds_.size();
    result_.node_states = graph_.nodes();
    result_.node_steps = graph_.steps();
    result_.labels = graph_.Labels();
    if (!worlds_.empty()) {
      result_.depth =
          static_cast<int>(PathTo(static_cast<std::uint32_t>(worlds_.size() - 1)).size());
    }
    result_.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    return result_;
  }

 private:
  void Expand(std::uint32_t number) {
    const World world = worlds_[number];
    for (const KeyChange& change : graph_.Changes(world.key)) {
      if (world.spent_changes + change.cost > setting_.changes) continue;
      if (change.cost > 0 && setting_.losses == Losses::kAlone) continue;
      World next = world;
      next.key = change.to;
      next.spent_changes = static_cast<std::uint8_t>(world.spent_changes + change.cost);
      Meet(next, {.parent = number, .label = change.label, .slot = kNoSlot});
    }
    for (int slot = 0; slot < setting_.nodes; ++slot) {
      const NodeId node = world.nodes[static_cast<std::size_t>(slot)];
      // Nodes are alike: the same state twice has the same steps.
      if (slot > 0 && node == world.nodes[static_cast<std::size_t>(slot - 1)]) continue;
      for (const KeyNumber key : {kNoKey, world.key}) {
        Take(number, world, slot, graph_.Edges(node, key, Cost::kFree));
        if (world.spent_faults < setting_.faults || world.spent_changes < setting_.changes) {
          Take(number, world, slot, graph_.Edges(node, key, Cost::kBounded));
        }
      }
    }
  }

  void Take(std::uint32_t number, const World& world, int slot, const std::vector<Edge>& edges) {
    for (const Edge& edge : edges) {
      if ((edge.needs & world.ciphertexts) != edge.needs) continue;
      if (world.spent_faults + edge.faults > setting_.faults) continue;
      if (world.spent_changes + edge.changes > setting_.changes) continue;
      World next = world;
      next.nodes[static_cast<std::size_t>(slot)] = edge.to;
      SortNodes(next);
      next.ciphertexts |= edge.makes;
      next.spent_faults = static_cast<std::uint8_t>(world.spent_faults + edge.faults);
      next.spent_changes = static_cast<std::uint8_t>(world.spent_changes + edge.changes);
      const Way way{.parent = number, .label = edge.label, .slot = static_cast<std::uint8_t>(slot)};
      Meet(next, way, edge.violation);
    }
  }

  void Meet(const World& world, const Way& way, std::int32_t violation = -1) {
    if (!result_.counterexample.empty()) return;
    ++result_.transitions;
    const auto number = static_cast<std::uint32_t>(worlds_.size());
    const bool is_new = known_.Insert(world, number) == number;
    if (!is_new && violation < 0) return;
    worlds_.push_back(world);
    ways_.push_back(way);
    const std::string broken = violation >= 0 ? graph_.violation(violation) : BrokenIn(world);
    if (broken.empty()) return;
    result_.counterexample = TraceTo(graph_, worlds_, ways_, PathTo(number), broken);
  }

  // Every ciphertext that Transit can decrypt decrypts on every node, in time.
  std::string BrokenIn(const World& world) {
    for (int slot = 0; slot < setting_.nodes; ++slot) {
      const NodeId node = world.nodes[static_cast<std::size_t>(slot)];
      const std::int32_t broken = graph_.BrokenByWaiting(node, world.key);
      if (broken >= 0) return graph_.violation(broken);
      const IdentitySet lost =
          static_cast<IdentitySet>(graph_.Unreached(node, world.key) & world.ciphertexts);
      if (lost != 0) {
        return "a node does not decrypt " + Names(lost) + " one probe interval later";
      }
    }
    return "";
  }

  std::vector<std::uint32_t> PathTo(std::uint32_t number) const {
    std::vector<std::uint32_t> path;
    for (; number != 0; number = ways_[number].parent) path.push_back(number);
    std::ranges::reverse(path);
    return path;
  }

  Setting setting_;
  std::size_t at_most_;
  NodeGraph graph_;
  std::vector<World> worlds_;
  std::vector<Way> ways_;
  WorldSet known_;
  Exploration result_;
};

}  // namespace

Exploration Explore(const Setting& setting, std::size_t at_most) {
  return Explorer(setting, at_most).Run();
}

}  // namespace baokms::core::model_check
