// Every state that a node was met in, each once, and what can happen to it next. A node's step
// depends on itself and on the Transit key alone, so it is taken once and looked up in every world
// that holds the same node: that is what makes millions of worlds affordable.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "tests/unit/model_check/node.h"
#include "tests/unit/model_check/node_acts.h"
#include "tests/unit/model_check/setting.h"
#include "tests/unit/model_check/transit_key.h"

namespace baokms::core::model_check {

using NodeId = std::uint32_t;
using KeyNumber = std::uint16_t;
using LabelNumber = std::uint16_t;

inline constexpr KeyNumber kNoKey = 0xffff;

struct Edge {
  NodeId to = 0;
  LabelNumber label = 0;
  std::uint8_t faults = 0;  // what it costs
  std::uint8_t changes = 0;
  IdentitySet needs = 0;  // ciphertexts of these must exist
  IdentitySet makes = 0;  // a ciphertext of this comes to exist
  std::int32_t violation = -1;
};

struct KeyChange {
  KeyNumber to = 0;
  LabelNumber label = 0;
  std::uint8_t cost = 0;
};

class NodeGraph {
 public:
  explicit NodeGraph(const Setting& setting);

  NodeId Fresh() const { return 0; }  // stopped, no files
  KeyNumber FirstKey() const { return 0; }

  // `key`: what depends on the Transit key; kNoKey: what does not.
  const std::vector<Edge>& Edges(NodeId node, KeyNumber key, Cost cost);
  const std::vector<KeyChange>& Changes(KeyNumber key);

  // The identities that Transit decrypts and this node does not, now or one probe interval later,
  // though nobody removed them.
  IdentitySet Unreached(NodeId node, KeyNumber key);
  // A rule that this state breaks whatever comes next; -1: none.
  std::int32_t BrokenByWaiting(NodeId node, KeyNumber key);

  const Node& node(NodeId id) const { return nodes_[id]; }
  const TransitKey& key(KeyNumber number) const { return keys_[number]; }
  const std::string& label(LabelNumber number) const { return *labels_[number]; }
  const std::string& violation(std::int32_t number) const {
    return violations_[static_cast<std::size_t>(number)];
  }
  std::vector<std::string> Labels() const;
  std::size_t nodes() const { return nodes_.size(); }
  std::size_t steps() const { return steps_; }

 private:
  struct Options {
    std::array<std::optional<std::vector<Edge>>, 2> edges;  // by Cost
    bool waiting_known = false;
    IdentitySet unreached = 0;
    std::int32_t broken_by_waiting = -1;
  };
  struct PerNode {
    std::vector<std::pair<KeyNumber, std::unique_ptr<Options>>> by_key;
  };

  NodeId Intern(Node node);
  KeyNumber InternKey(const TransitKey& key);
  LabelNumber LabelOf(const std::string& label);
  std::int32_t ViolationOf(const std::string& text);
  Options& OptionsOf(NodeId node, KeyNumber key);
  void Await(NodeId node, KeyNumber key, Options& options);

  void AddEdges(NodeId from, KeyNumber key, Cost cost, std::vector<Edge>& edges);

  Setting setting_;
  std::deque<Node> nodes_;
  std::unordered_map<std::string, NodeId> known_nodes_;
  std::vector<PerNode> per_node_;
  std::deque<TransitKey> keys_;
  std::map<TransitKey, KeyNumber> known_keys_;
  std::map<KeyNumber, std::vector<KeyChange>> key_changes_;
  std::map<std::string, LabelNumber> known_labels_;
  std::vector<const std::string*> labels_;
  std::vector<std::string> violations_;
  std::size_t steps_ = 0;
};

}  // namespace baokms::core::model_check
