#include "app/init/config_file.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "adapters/config_yaml/decode.h"
#include "adapters/config_yaml/field_table.h"
#include "adapters/config_yaml/field_value.h"
#include "app/init/yaml_quoted.h"

namespace baokms::app {
namespace {

using namespace adapters::config_yaml;

std::string Value(const Field& field, const core::Configuration& configuration) {
  // Slots hand out references for writing; this only reads through them.
  auto& c = const_cast<core::Configuration&>(configuration);
  if (const auto* text = std::get_if<TextSlot>(&field.slot)) return YamlQuoted((*text)(c));
  if (std::holds_alternative<OctalModeSlot>(field.slot)) {
    return YamlQuoted(RenderValue(field, configuration));
  }
  if (const auto* list = std::get_if<TextListSlot>(&field.slot)) {
    std::string items;
    for (const std::string& text : (*list)(c)) {
      items += (items.empty() ? "" : ", ") + YamlQuoted(text);
    }
    return "[" + items + "]";
  }
  return RenderValue(field, configuration);  // words, numbers, durations: no quotes needed
}

// The defaults beside which this configuration is looked at: some follow other fields.
core::Configuration DefaultsFor(const core::Configuration& configuration) {
  Draft draft = DefaultDraft();
  draft.value.openbao.timeout = configuration.openbao.timeout;
  draft.value.auth.cert.source = configuration.auth.cert.source;
  SettleDependentDefaults(draft);
  draft.value.openbao.timeout = DefaultDraft().value.openbao.timeout;
  draft.value.auth.cert.source = DefaultDraft().value.auth.cert.source;
  return draft.value;
}

bool IsWritten(const Field& field, const core::Configuration& configuration,
               const core::Configuration& defaults) {
  // Without a default in the Go provider.
  constexpr std::array<std::string_view, 2> kAlways{"auth.jwt.source",
                                                    "auth.jwt.oauth2.authMethod"};
  const bool counts = BranchHolds(field.branch, configuration);
  if (counts &&
      (field.need == Need::kRequired || std::ranges::find(kAlways, field.name) != kAlways.end())) {
    return true;
  }
  return Value(field, configuration) != Value(field, defaults);
}

std::vector<std::string_view> Parts(std::string_view name) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t dot = name.find('.');
    parts.push_back(name.substr(0, dot));
    if (dot == std::string_view::npos) return parts;
    name.remove_prefix(dot + 1);
  }
}

}  // namespace

std::string ConfigFile(const core::Configuration& configuration) {
  const core::Configuration defaults = DefaultsFor(configuration);
  std::string yaml =
      "# Configuration of bao-kms-provider. Settings that are not listed have their defaults;\n# "
      "`bao-kms-provider config` prints all of them. Never change a value marked \"identity\" once "
      "data is\n# encrypted.\n";
  std::vector<std::string_view> open;
  for (const Field& field : Fields()) {
    if (!IsWritten(field, configuration, defaults)) continue;
    const std::vector<std::string_view> parts = Parts(field.name);
    // The sections that this field shares with the one before it stay open.
    const auto differ = std::ranges::mismatch(open, parts);
    for (auto part = differ.in2; part + 1 != parts.end(); ++part) {
      const auto depth = static_cast<std::size_t>(part - parts.begin());
      if (depth == 0) yaml += '\n';
      yaml += std::string(depth * 2, ' ') + std::string(*part) + ":\n";
    }
    yaml += std::string((parts.size() - 1) * 2, ' ') + std::string(parts.back()) + ": " +
            Value(field, configuration) +
            (field.bearing == Bearing::kIdentity ? "  # identity\n" : "\n");
    open.assign(parts.begin(), parts.end() - 1);
  }
  return yaml;
}

}  // namespace baokms::app
