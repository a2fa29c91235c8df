#include "adapters/config_yaml/encryption/yaml_values.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "adapters/config_yaml/encryption/scalar_reading.h"
#include "adapters/config_yaml/encryption/yaml_graph.h"
#include "adapters/config_yaml/yaml_document.h"

namespace baokms::adapters::config_yaml {
namespace {

using Node = YamlGraph::Node;
using Kind = GoValue::Kind;

// Aliases multiply: beyond this many values no file is looked at.
constexpr std::int64_t kMostValues = 400'000;

class Expansion {
 public:
  explicit Expansion(ConfigProblems& problems) : problems_(problems) {}

  GoValue Expand(const Node& node) {
    ++values_;
    if (in_aliases_ > 0) ++from_aliases_;
    if (stopped_ || !Bounded(node)) return {};
    switch (node.kind) {
      case Node::Kind::kAlias:
        return ExpandAlias(node);
      case Node::Kind::kScalar:
        return ExpandScalar(node);
      case Node::Kind::kSequence:
        return ExpandSequence(node);
      case Node::Kind::kMapping:
        return ExpandMapping(node);
    }
    return {};
  }

 private:
  void Complain(int line, std::string message) {
    problems_.push_back({"document", line, std::move(message)});
  }

  void Stop(int line, std::string message) {
    if (!stopped_) Complain(line, std::move(message));
    stopped_ = true;
  }

  // go-yaml's limit for aliases, and ours for everything.
  bool Bounded(const Node& node) {
    const bool excessive = from_aliases_ > 100 && values_ > 1000 &&
                           static_cast<double>(from_aliases_) > 0.99 * static_cast<double>(values_);
    if (excessive || values_ > kMostValues) Stop(node.line, "too much of it comes from aliases");
    if (levels_ > kMostLevels) Stop(node.line, "nested too deeply");
    return !stopped_;
  }

  GoValue ExpandAlias(const Node& node) {
    ++in_aliases_;
    ++levels_;  // one that contains itself ends at the limit
    GoValue value = Expand(*node.alias_of);
    --levels_;
    --in_aliases_;
    value.line = node.line;
    return value;
  }

  GoValue ExpandScalar(const Node& node) {
    auto value = ReadScalar(node.tag, node.text, node.plain);
    if (!value) {
      Complain(node.line, "a tag does not fit its value");
      value = GoValue{};
    }
    value->line = node.line;
    return *std::move(value);
  }

  GoValue ExpandSequence(const Node& node) {
    GoValue list;
    list.kind = Kind::kList;
    list.line = node.line;
    ++levels_;
    for (const Node* item : node.children) list.items.push_back(Expand(*item));
    --levels_;
    return list;
  }

  GoValue ExpandMapping(const Node& node) {
    GoValue mapping;
    mapping.kind = Kind::kMapping;
    mapping.line = node.line;
    ++levels_;
    for (std::size_t i = 0; i + 1 < node.children.size(); i += 2) {
      const Node& key = *node.children[i];
      const Node& value = *node.children[i + 1];
      if (IsMerge(key)) {
        Merge(value, mapping);
      } else {
        GoValue name = Expand(key);
        Enter(std::move(name), key.line, Expand(value), mapping);
      }
    }
    --levels_;
    return mapping;
  }

  static bool IsMerge(const Node& key) {
    return key.kind == Node::Kind::kScalar && key.text == "<<" &&
           (key.plain || key.tag == "!" || key.tag == "tag:yaml.org,2002:merge");
  }

  // A mapping, or a list of them; what is merged may not repeat a key either.
  void Merge(const Node& node, GoValue& into) {
    if (node.kind == Node::Kind::kSequence) {
      for (const Node* item : node.children) {
        MergeOne(*item, into);
      }
      return;
    }
    MergeOne(node, into);
  }

  void MergeOne(const Node& node, GoValue& into) {
    const Node* target = node.kind == Node::Kind::kAlias ? node.alias_of : &node;
    if (target->kind != Node::Kind::kMapping) {
      return Complain(node.line, "a merge key needs a mapping, or a list of mappings");
    }
    GoValue merged = Expand(node);
    for (GoValue::Entry& entry : merged.entries) {
      GoValue name;
      name.kind = Kind::kText;
      name.text = std::move(entry.key);
      Enter(std::move(name), node.line, std::move(entry.value), into);
    }
  }

  void Enter(GoValue key, int line, GoValue value, GoValue& mapping) {
    if (key.kind == Kind::kNull || key.kind == Kind::kList || key.kind == Kind::kMapping) {
      return Complain(line, "a key must be text");
    }
    // A key that is no text becomes one that no field has.
    if (key.kind == Kind::kWhole) key.text = std::to_string(key.whole);
    const auto other = std::ranges::find(mapping.entries, key.text, &GoValue::Entry::key);
    if (other != mapping.entries.end()) {
      return Complain(line, "duplicate key " + ShownKey(key.text) + ", first on line " +
                                std::to_string(other->line));
    }
    mapping.entries.push_back({std::move(key.text), line, std::move(value)});
  }

  ConfigProblems& problems_;
  std::int64_t values_ = 0;
  std::int64_t from_aliases_ = 0;
  int in_aliases_ = 0;
  int levels_ = 0;
  bool stopped_ = false;
};

}  // namespace

FileValues ReadYamlValues(std::string_view text) {
  const YamlGraph graph = ReadYaml(text);
  FileValues values{.root = {}, .problems = graph.problems, .more_follows = graph.more_follows};
  if (!values.problems.empty()) return values;
  if (graph.root == nullptr) {
    values.problems.push_back({"document", 0, "the file is empty"});
    return values;
  }
  values.root = Expansion(values.problems).Expand(*graph.root);
  if (!values.problems.empty()) values.root.reset();
  return values;
}

}  // namespace baokms::adapters::config_yaml
