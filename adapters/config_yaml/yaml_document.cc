#include "adapters/config_yaml/yaml_document.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <exception>
#include <sstream>
#include <utility>

#include "adapters/config_yaml/yaml_source.h"
#include "core/text/utf8.h"

namespace baokms::adapters::config_yaml {
namespace {

int LineOf(const YAML::Mark& mark) { return mark.line + 1; }

class TreeBuilder final : public YAML::EventHandler {
 public:
  explicit TreeBuilder(std::string_view source) : source_(source) {}

  YamlDocument Finish() {
    if (!document_.root && document_.problems.empty()) Report("config", 0, "the file is empty");
    if (document_.root && document_.root->kind != YamlNode::Kind::kMapping) {
      if (!document_.root->refused) {
        Report("config", document_.root->line, "must be a mapping of configuration sections");
      }
      document_.root.reset();
    }
    return std::move(document_);
  }

  void Report(std::string field, int line, std::string message) {
    document_.problems.push_back({std::move(field), line, std::move(message)});
  }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ == 2) Report("config", LineOf(mark), "a second document is not allowed");
  }
  void OnDocumentEnd() override {}
  bool HasSecondDocument() const { return documents_ > 1; }

  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override {
    Place(Node(YamlNode::Kind::kNull, mark));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    YamlNode node = Node(YamlNode::Kind::kNull, mark);
    Refuse(node, "aliases are not allowed");
    Place(std::move(node));
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                const std::string& value) override {
    YamlNode node = Node(YamlNode::Kind::kScalar, mark);
    node.text = value;
    node.plain = tag == "?";
    if (IsTagged(mark, tag)) {
      Refuse(node, "tags are not allowed");
    } else if (const char first = At(mark);
               !node.plain && (first == '\'' || first == '"') &&
               !EndOfQuoted(source_, static_cast<std::size_t>(mark.pos))) {
      Refuse(node, "the closing quote is missing");
    }
    Place(std::move(node), static_cast<std::size_t>(mark.pos));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    Open(YamlNode::Kind::kSequence, mark, tag);
  }
  void OnSequenceEnd() override { Close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    Open(YamlNode::Kind::kMapping, mark, tag);
  }
  void OnMapEnd() override { Close(); }

  void OnAnchor(const YAML::Mark& mark, const std::string&) override {
    Report(Where(), LineOf(mark), "anchors are not allowed");
  }

 private:
  // A collection that is being read; a mapping alternates between keys and values.
  struct Level {
    YamlNode node;
    bool key_next = true;
    std::optional<YamlNode::Entry> entry;  // its key was read, its value comes
    bool keep_entry = true;
  };

  static YamlNode Node(YamlNode::Kind kind, const YAML::Mark& mark) {
    YamlNode node;
    node.kind = kind;
    node.line = LineOf(mark);
    return node;
  }

  char At(const YAML::Mark& mark) const {
    const auto at = static_cast<std::size_t>(mark.pos);
    return mark.pos >= 0 && at < source_.size() ? source_[at] : '\0';
  }

  // "!" is also yaml-cpp's tag for quoted scalars; a tag in the source begins the node.
  bool IsTagged(const YAML::Mark& mark, const std::string& tag) const {
    return (tag != "?" && tag != "!") || (tag == "!" && At(mark) == '!');
  }

  void Refuse(YamlNode& node, std::string message) {
    node.refused = true;
    Report(Where(), node.line, std::move(message));
  }

  // The field that is being read, for problems inside its value.
  std::string Where() const {
    std::string name;
    for (const Level& level : levels_) {
      if (level.entry) name += (name.empty() ? "" : ".") + ShownKey(level.entry->key);
    }
    return name.empty() ? "config" : name;
  }

  void Open(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag) {
    YamlNode node = Node(kind, mark);
    if (IsTagged(mark, tag)) Refuse(node, "tags are not allowed");
    levels_.emplace_back().node = std::move(node);
  }

  void Close() {
    YamlNode node = std::move(levels_.back().node);
    levels_.pop_back();
    Place(std::move(node));
  }

  void Place(YamlNode node, std::optional<std::size_t> position = std::nullopt) {
    if (levels_.empty()) {
      if (documents_ == 1) document_.root = std::move(node);
      return;
    }
    Level& level = levels_.back();
    if (level.node.kind == YamlNode::Kind::kSequence) {
      level.node.items.push_back(std::move(node));
    } else if (level.key_next) {
      level.key_next = false;
      BeginEntry(level, node, position);
    } else {
      level.key_next = true;
      level.entry->value = std::move(node);
      if (level.keep_entry) level.node.entries.push_back(std::move(*level.entry));
      level.entry.reset();
    }
  }

  void BeginEntry(Level& level, const YamlNode& key, std::optional<std::size_t> position) {
    level.entry = YamlNode::Entry{.key = key.text, .line = key.line, .value = {}};
    level.keep_entry = false;
    if (key.refused) return;
    if (key.kind != YamlNode::Kind::kScalar || !position) {
      return Report("config", key.line, "a key must be plain text");
    }
    if (key.plain && key.text == "<<") {
      return Report("config", key.line, "merge keys are not allowed");
    }
    if (!HasColon(source_, *position, key.text, key.plain)) {
      return Report("config", key.line, "a key needs a colon after it on the same line");
    }
    for (const YamlNode::Entry& other : level.node.entries) {
      if (other.key != key.text) continue;
      return Report(Path() + ShownKey(key.text), key.line,
                    "duplicate key, first on line " + std::to_string(other.line));
    }
    level.keep_entry = true;
  }

  // The dotted name of the mapping that is being read, with its last dot.
  std::string Path() const {
    std::string path;
    for (const Level& level : levels_) {
      if (&level == &levels_.back()) break;
      if (level.entry) path += ShownKey(level.entry->key) + ".";
    }
    return path;
  }

  std::string_view source_;
  YamlDocument document_;
  std::vector<Level> levels_;
  int documents_ = 0;
};

// Where the text stops being text that YAML allows; control characters would also forge report
// lines.
std::optional<std::string> BadText(std::string_view text, int& line) {
  line = 1;
  std::size_t at = 0;
  while (at < text.size()) {
    const auto point = core::TakeCodePoint(text, at);
    if (!point) return "the file is not valid UTF-8";
    if (*point == '\n') ++line;
    const bool blank = *point == '\n' || *point == '\r' || *point == '\t';
    if (!blank && core::IsControl(*point)) return "control characters are not allowed";
  }
  return std::nullopt;
}

// yaml-cpp's texts are fixed up to a colon; behind it may stand a piece of the file.
std::string SyntaxMessage(const std::string& message) {
  return "not valid YAML: " + message.substr(0, message.find(':'));
}

}  // namespace

std::string ShownKey(std::string_view key) {
  constexpr std::size_t kMostBytes = 64;
  std::string shown;
  for (const char c : key.substr(0, kMostBytes)) {
    shown += c > ' ' && c <= '~' ? c : '?';
  }
  return shown.empty() ? "?" : shown;
}

YamlDocument ParseYaml(std::string_view text) {
  YamlDocument failed;
  const auto fail = [&](int line, std::string message) {
    failed.problems.push_back({"config", line, std::move(message)});
    return failed;
  };
  if (text.size() > kMaxDocumentBytes) return fail(0, "the file is larger than 1 MiB");
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  int bad_line = 0;
  if (auto bad = BadText(text, bad_line)) return fail(bad_line, std::move(*bad));

  TreeBuilder builder(text);
  try {
    std::istringstream input{std::string(text)};
    YAML::Parser parser(input);
    // A second document is a problem already; yaml-cpp finds ever new ones in a text such as ",".
    while (!builder.HasSecondDocument() && parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& error) {
    builder.Report("config", error.mark.is_null() ? 0 : LineOf(error.mark),
                   SyntaxMessage(error.msg));
    YamlDocument document = builder.Finish();
    document.root.reset();  // half a tree would only make false reports about missing fields
    return document;
  } catch (const std::exception&) {
    return fail(0, "not valid YAML");
  }
  return builder.Finish();
}

}  // namespace baokms::adapters::config_yaml
