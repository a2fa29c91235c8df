#include "adapters/config_yaml/decode.h"

#include <algorithm>
#include <chrono>

#include "adapters/config_yaml/field_table.h"
#include "adapters/config_yaml/field_value.h"
#include "adapters/config_yaml/suggestion.h"
#include "adapters/config_yaml/yaml_document.h"

namespace baokms::adapters::config_yaml {
namespace {

void DecodeField(const Field& field, const YamlNode::Entry& entry, Draft& draft) {
  const std::string name(field.name);
  draft.written[name] = entry.line;
  if (entry.value.refused) {
    draft.refused.insert(name);
    return;
  }
  for (ValueProblem& problem : AssignNode(field, entry.value, draft.value)) {
    draft.problems.push_back({name, problem.line, std::move(problem.message)});
    draft.refused.insert(name);
  }
}

// `prefix` is the section's name with its dot; empty for the document itself.
void DecodeMapping(const YamlNode& mapping, const std::string& prefix, Draft& draft) {
  for (const YamlNode::Entry& entry : mapping.entries) {
    const std::string name = prefix + entry.key;
    // A dotted key would name a field of another section.
    const bool one_part = entry.key.find('.') == std::string::npos;
    if (const Field* field = one_part ? FindField(name) : nullptr) {
      DecodeField(*field, entry, draft);
    } else if (one_part && IsSection(name)) {
      if (entry.value.refused) continue;
      // A section with all its keys commented out is an absent one.
      if (entry.value.kind == YamlNode::Kind::kNull) continue;
      draft.written[name] = entry.line;
      if (entry.value.kind == YamlNode::Kind::kMapping) {
        DecodeMapping(entry.value, name + ".", draft);
      } else {
        draft.problems.push_back({name, entry.value.line, "must be a mapping"});
        draft.refused.insert(name);
      }
    } else {
      const std::string meant = SuggestKey(prefix, entry.key);
      draft.problems.push_back(
          {prefix + ShownKey(entry.key), entry.line,
           meant.empty() ? "unknown key" : "unknown key; did you mean " + meant + "?"});
    }
  }
}

}  // namespace

void Draft::Complain(std::string_view field, std::string message) {
  // A section that was refused says nothing reliable about the fields below it.
  for (std::size_t end = field.size(); end != std::string_view::npos && end > 0;
       end = field.rfind('.', end - 1)) {
    if (refused.contains(field.substr(0, end))) return;
  }
  ConfigProblem problem{std::string(field), 0, std::move(message)};
  if (const auto origin = overridden.find(field); origin != overridden.end()) {
    problem.message += " (set by " + origin->second + ")";
  } else if (const auto at = written.find(field); at != written.end()) {
    problem.line = at->second;
  }
  problems.push_back(std::move(problem));
}

Draft DefaultDraft() {
  Draft draft;
  for (const Field& field : Fields()) {
    if (!field.default_value.empty()) (void)AssignText(field, field.default_value, draft.value);
  }
  return draft;
}

Draft DecodeDocument(std::string_view text) {
  Draft draft = DefaultDraft();
  draft.value.config_version.clear();  // a file must say it
  YamlDocument document = ParseYaml(text);
  draft.problems = std::move(document.problems);
  draft.readable = document.root.has_value();
  if (document.root) DecodeMapping(*document.root, "", draft);
  return draft;
}

void SettleDependentDefaults(Draft& draft) {
  core::AuthConfiguration& auth = draft.value.auth;
  if (auth.login_timeout == std::chrono::nanoseconds(0)) {
    auth.login_timeout =
        std::max<std::chrono::nanoseconds>(draft.value.openbao.timeout, std::chrono::seconds(5));
  }
  if (auth.cert.source == core::CertSource::kSpiffe &&
      !draft.written.contains("auth.cert.minRemainingTtl")) {
    auth.cert.min_remaining_ttl = std::chrono::minutes(5);
  }
}

}  // namespace baokms::adapters::config_yaml
