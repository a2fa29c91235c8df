#include "adapters/config_yaml/encryption/yaml_graph.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <exception>
#include <map>
#include <sstream>
#include <utility>

#include "adapters/config_yaml/yaml_source.h"
#include "core/text/ascii.h"

namespace baokms::adapters::config_yaml {
namespace {

using Node = YamlGraph::Node;

class GraphBuilder final : public YAML::EventHandler {
 public:
  GraphBuilder(std::string_view source, YamlGraph& graph) : source_(source), graph_(graph) {}

  void Complain(int line, std::string message) {
    graph_.problems.push_back({"document", line, std::move(message)});
  }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Node& node = Add(Node::Kind::kScalar, mark, anchor);
    node.plain = true;
    // `[a,,b]` has two items to libyaml, and then an error.
    if (Char(mark) == ',') Complain(node.line, "a comma stands where a value should");
    Place(node, Start(mark));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Node& node = Add(Node::Kind::kAlias, mark, 0);
    const auto named = anchors_.find(anchor);
    if (named == anchors_.end()) return Complain(node.line, "an alias names no anchor");
    node.alias_of = named->second;
    Place(node, std::nullopt);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Node& node = Add(Node::Kind::kScalar, mark, anchor);
    const std::size_t start = Start(mark);
    node.text = value;
    node.plain = tag == "?";
    // "!" is also yaml-cpp's tag for quotes.
    if (!node.plain && (tag != "!" || Char(mark) == '!')) node.tag = tag;
    if (!node.plain && IsQuoted(start)) {
      if (!EndOfQuoted(source_, start)) Complain(node.line, "the closing quote is missing");
      if (source_[start] == '"' && !KnowsEscapes(source_, start)) {
        Complain(node.line, "an escape in double quotes is unknown");
      }
    }
    Place(node, start);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(Add(Node::Kind::kSequence, mark, anchor), false);
  }
  void OnSequenceEnd() override { levels_.pop_back(); }

  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override {
    Open(Add(Node::Kind::kMapping, mark, anchor), style != YAML::EmitterStyle::Flow);
  }
  void OnMapEnd() override { levels_.pop_back(); }

  // libyaml's rule for names.
  void OnAnchor(const YAML::Mark& mark, const std::string& name) override {
    const auto fine = [](char c) {
      return core::IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
             c == '-';
    };
    if (!std::ranges::all_of(name, fine)) {
      Complain(mark.line + 1, "an anchor's name must be letters, digits, _ and -");
    }
  }

 private:
  struct Level {
    Node* node;
    bool in_block;
  };

  Node& Add(Node::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor) {
    Node& node = graph_.nodes.emplace_back();
    node.kind = kind;
    node.line = mark.line + 1;
    if (anchor != 0) anchors_[anchor] = &node;
    return node;
  }

  char Char(const YAML::Mark& mark) const {
    const auto at = static_cast<std::size_t>(mark.pos);
    return mark.pos >= 0 && at < source_.size() ? source_[at] : '\0';
  }

  // Behind the tag and the anchor of a node, where its mark is.
  std::size_t Start(const YAML::Mark& mark) const {
    auto at = static_cast<std::size_t>(std::max(mark.pos, 0));
    while (at < source_.size() && (source_[at] == '&' || source_[at] == '!')) {
      at = std::min(source_.find_first_of(" \t\r\n", at), source_.size());
      at = std::min(source_.find_first_not_of(" \t\r\n", at), source_.size());
    }
    return at;
  }

  bool IsQuoted(std::size_t start) const {
    return start < source_.size() && (source_[start] == '\'' || source_[start] == '"');
  }

  void Open(Node& node, bool in_block) {
    Place(node, std::nullopt);
    levels_.push_back({&node, in_block});
  }

  // `start`: of a scalar.
  void Place(const Node& node, std::optional<std::size_t> start) {
    if (levels_.empty()) {
      graph_.root = &node;
      return;
    }
    Node& parent = *levels_.back().node;
    const bool is_key = parent.kind == Node::Kind::kMapping && parent.children.size() % 2 == 0;
    if (is_key && start && levels_.back().in_block && !FollowsQuestionMark(*start) &&
        !HasColon(source_, *start, node.text, !IsQuoted(*start))) {
      Complain(node.line, "a key needs a colon after it on the same line");
    }
    parent.children.push_back(&node);
  }

  bool FollowsQuestionMark(std::size_t start) const {
    const std::size_t before = source_.substr(0, start).find_last_not_of(" \t");
    return before != std::string_view::npos && source_[before] == '?';
  }

  std::string_view source_;
  YamlGraph& graph_;
  std::vector<Level> levels_;
  std::map<YAML::anchor_t, Node*> anchors_;
};

// Whether anything stands in what it is shown.
class Listener final : public YAML::EventHandler {
 public:
  bool heard = false;

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override { heard = true; }
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t,
                const std::string&) override {
    heard = true;
  }
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    heard = true;
  }
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    heard = true;
  }
  void OnMapEnd() override {}
};

bool AnythingFollows(YAML::Parser& parser) {
  try {
    // Empty documents end nowhere for yaml-cpp in a text such as ",".
    constexpr int kMostEmptyDocuments = 10;
    Listener listener;
    for (int i = 0; i < kMostEmptyDocuments && !listener.heard; ++i) {
      if (!parser.HandleNextDocument(listener)) return false;
    }
    return true;
  } catch (const std::exception&) {
    return true;  // no YAML, but something
  }
}

std::vector<std::string_view> Words(std::string_view row) {
  std::vector<std::string_view> words;
  while (!row.empty()) {
    const std::size_t end = std::min(row.find_first_of(" \t"), row.size());
    if (row.starts_with('#')) break;
    if (end > 0) words.push_back(row.substr(0, end));
    row.remove_prefix(std::min(end + 1, row.size()));
  }
  return words;
}

// The directives before a document, of which libyaml knows two, and the marker that it wants behind
// them. yaml-cpp takes any, and needs no marker. The line of what is wrong.
std::optional<int> WrongDirective(std::string_view text) {
  bool any = false;
  for (int line = 1; !text.empty(); ++line) {
    const std::string_view row = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(row.size() + 1, text.size()));
    const auto words = Words(row);
    if (words.empty()) continue;
    if (!row.starts_with('%')) {
      return any && !row.starts_with("---") ? std::optional(line) : std::nullopt;
    }
    any = true;
    const bool version = words.size() == 2 && words[0] == "%YAML" && words[1] == "1.1";
    if (!version && words[0] != "%TAG") return line;
  }
  return std::nullopt;
}

// yaml-cpp's texts are fixed up to a colon; behind it may stand a piece of the file.
std::string NotYaml(const std::string& message) {
  return "not valid YAML: " + message.substr(0, message.find(':'));
}

}  // namespace

YamlGraph ReadYaml(std::string_view text) {
  YamlGraph graph;
  GraphBuilder builder(text, graph);
  if (const auto line = WrongDirective(text)) {
    builder.Complain(*line, "only %TAG and %YAML 1.1 may stand before the marker ---");
    return graph;
  }
  try {
    std::istringstream input{std::string(text)};
    YAML::Parser parser(input);
    if (parser.HandleNextDocument(builder)) graph.more_follows = AnythingFollows(parser);
  } catch (const YAML::Exception& error) {
    builder.Complain(error.mark.is_null() ? 0 : error.mark.line + 1, NotYaml(error.msg));
  } catch (const std::exception&) {
    builder.Complain(0, "not valid YAML");
  }
  // Half a graph would only make false reports about missing fields.
  if (!graph.problems.empty()) graph.root = nullptr;
  return graph;
}

}  // namespace baokms::adapters::config_yaml
