#include "tests/unit/model_check/node_graph.h"

#include "tests/unit/model_check/canonical_form.h"
#include "tests/unit/model_check/kms_requests.h"
#include "tests/unit/model_check/recovery_in_time.h"

namespace baokms::core::model_check {
NodeGraph::NodeGraph(const Setting& setting) : setting_(setting) {
  Intern(Node());
  InternKey(TransitKey());
}

NodeId NodeGraph::Intern(Node node) {
  const auto id = static_cast<NodeId>(nodes_.size());
  const auto [known, is_new] = known_nodes_.try_emplace(FormOf(setting_, node), id);
  if (is_new) {
    nodes_.push_back(std::move(node));
    per_node_.emplace_back();
  }
  return known->second;
}

KeyNumber NodeGraph::InternKey(const TransitKey& key) {
  const auto number = static_cast<KeyNumber>(keys_.size());
  const auto [known, is_new] = known_keys_.try_emplace(key, number);
  if (is_new) keys_.push_back(key);
  return known->second;
}

LabelNumber NodeGraph::LabelOf(const std::string& label) {
  const auto number = static_cast<LabelNumber>(labels_.size());
  const auto [known, is_new] = known_labels_.try_emplace(label, number);
  if (is_new) labels_.push_back(&known->first);
  return known->second;
}

std::vector<std::string> NodeGraph::Labels() const {
  std::vector<std::string> labels;
  for (const std::string* label : labels_) labels.push_back(*label);
  return labels;
}

std::int32_t NodeGraph::ViolationOf(const std::string& text) {
  if (text.empty()) return -1;
  violations_.push_back(text);
  return static_cast<std::int32_t>(violations_.size()) - 1;
}

NodeGraph::Options& NodeGraph::OptionsOf(NodeId node, KeyNumber key) {
  auto& by_key = per_node_[node].by_key;
  for (const auto& [known, options] : by_key) {
    if (known == key) return *options;
  }
  return *by_key.emplace_back(key, std::make_unique<Options>()).second;
}

const std::vector<Edge>& NodeGraph::Edges(NodeId node, KeyNumber key, Cost cost) {
  auto& edges = OptionsOf(node, key).edges[static_cast<std::size_t>(cost)];
  if (!edges) AddEdges(node, key, cost, edges.emplace());
  return *edges;
}

void NodeGraph::AddEdges(NodeId from, KeyNumber key, Cost cost, std::vector<Edge>& edges) {
  const TransitKey* depends_on = key == kNoKey ? nullptr : &keys_[key];
  for (const Act& act : ActsOf(setting_, nodes_[from], depends_on, cost)) {
    NodeStep step(setting_, nodes_[from], act.plan);
    act.act(step);
    ++steps_;
    Edge edge{.to = Intern(step.node()),
              .label = 0,
              .faults = act.faults,
              .changes = act.changes,
              .needs = act.needs,
              .makes = act.makes,
              .violation = ViolationOf(step.violation())};
    if (edge.to == from && edge.makes == 0 && edge.violation < 0) continue;
    edge.label = LabelOf(act.label);
    edges.push_back(edge);
  }
}

const std::vector<KeyChange>& NodeGraph::Changes(KeyNumber key) {
  const auto known = key_changes_.find(key);
  if (known != key_changes_.end()) return known->second;
  std::vector<KeyChange> changes;
  for (const TransitChange& change : model_check::Changes(keys_[key], setting_)) {
    changes.push_back({.to = InternKey(change.key),
                       .label = LabelOf(change.label),
                       .cost = static_cast<std::uint8_t>(change.cost)});
  }
  return key_changes_.emplace(key, std::move(changes)).first->second;
}

void NodeGraph::Await(NodeId node, KeyNumber key, Options& options) {
  if (options.waiting_known) return;
  options.waiting_known = true;
  const IdentitySet wanted = Without(keys_[key].Decryptable(), nodes_[node].memory.removed);
  const Answers answers = Ask(nodes_[node].view, nodes_[node].now);
  if (Without(wanted, answers.decrypts) != 0) {
    const InTime in_time = AfterNextProbe(setting_, nodes_[node], keys_[key]);
    options.unreached = Without(Without(wanted, answers.decrypts), in_time.decrypts);
    options.broken_by_waiting = ViolationOf(in_time.violation);
    if (options.broken_by_waiting < 0) {
      options.broken_by_waiting =
          ViolationOf(BrokenByDiscovery(setting_, nodes_[node], keys_[key]));
    }
  }
  if (setting_.check_rest && options.broken_by_waiting < 0) {
    options.broken_by_waiting = ViolationOf(BrokenByRest(setting_, nodes_[node], keys_[key]));
  }
}

IdentitySet NodeGraph::Unreached(NodeId node, KeyNumber key) {
  Options& options = OptionsOf(node, key);
  Await(node, key, options);
  return options.unreached;
}

std::int32_t NodeGraph::BrokenByWaiting(NodeId node, KeyNumber key) {
  Options& options = OptionsOf(node, key);
  Await(node, key, options);
  return options.broken_by_waiting;
}

}  // namespace baokms::core::model_check
