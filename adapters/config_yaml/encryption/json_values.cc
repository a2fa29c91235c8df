#include "adapters/config_yaml/encryption/json_values.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "adapters/config_yaml/encryption/scalar_reading.h"
#include "adapters/config_yaml/yaml_document.h"

namespace baokms::adapters::config_yaml {
namespace {

using Kind = GoValue::Kind;
using Json = nlohmann::json;

// Keeps both of two members with one name until they are reported.
class JsonBuilder final : public Json::json_sax_t {
 public:
  explicit JsonBuilder(ConfigProblems& problems) : problems_(problems) {}

  GoValue root;

  bool null() override { return Place({}); }
  bool boolean(bool) override { return Scalar(Kind::kBoolean); }
  bool number_integer(number_integer_t number) override { return Whole(number); }
  bool number_unsigned(number_unsigned_t number) override {
    if (!std::in_range<std::int64_t>(number)) return Scalar(Kind::kNumber);
    return Whole(static_cast<std::int64_t>(number));
  }
  // 1e3 and 5.0 are no integers in JSON.
  bool number_float(number_float_t, const string_t&) override { return Scalar(Kind::kNumber); }
  bool string(string_t& text) override {
    GoValue value;
    value.kind = Kind::kText;
    value.text = std::move(text);
    return Place(std::move(value));
  }
  bool binary(binary_t&) override { return false; }

  bool start_object(std::size_t) override { return Open(Kind::kMapping); }
  bool end_object() override { return Close(); }
  bool start_array(std::size_t) override { return Open(Kind::kList); }
  bool end_array() override { return Close(); }
  bool key(string_t& name) override {
    open_.back().key = std::move(name);
    return true;
  }

  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }

 private:
  struct Level {
    GoValue value;
    std::string key;  // of the member that comes
  };

  bool Scalar(Kind kind) {
    GoValue value;
    value.kind = kind;
    return Place(std::move(value));
  }

  bool Whole(std::int64_t number) {
    GoValue value;
    value.kind = Kind::kWhole;
    value.whole = number;
    return Place(std::move(value));
  }

  bool Open(Kind kind) {
    if (open_.size() >= kMostLevels) return false;
    open_.emplace_back().value.kind = kind;
    return true;
  }

  bool Close() {
    GoValue value = std::move(open_.back().value);
    open_.pop_back();
    return Place(std::move(value));
  }

  bool Place(GoValue value) {
    if (open_.empty()) {
      root = std::move(value);
      return true;
    }
    Level& level = open_.back();
    if (level.value.kind == Kind::kList) {
      level.value.items.push_back(std::move(value));
    } else if (std::ranges::find(level.value.entries, level.key, &GoValue::Entry::key) !=
               level.value.entries.end()) {
      problems_.push_back({"document", 0, "duplicate key " + ShownKey(level.key)});
    } else {
      level.value.entries.push_back({level.key, 0, std::move(value)});
    }
    return true;
  }

  ConfigProblems& problems_;
  std::vector<Level> open_;
};

}  // namespace

bool IsJson(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\n\v\f\r");
  return first != std::string_view::npos && text[first] == '{';
}

FileValues ReadJsonValues(std::string_view text) {
  FileValues values;
  JsonBuilder builder(values.problems);
  if (!Json::sax_parse(WithValidUtf8(std::string(text)), &builder)) {
    values.problems.push_back(
        {"document", 0, "begins with a brace, so it is read as JSON, but is not valid JSON"});
  }
  if (values.problems.empty()) values.root = std::move(builder.root);
  return values;
}

}  // namespace baokms::adapters::config_yaml
