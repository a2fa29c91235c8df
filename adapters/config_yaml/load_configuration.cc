#include "adapters/config_yaml/load_configuration.h"

#include "adapters/config_yaml/decode.h"

namespace baokms::adapters::config_yaml {
namespace {

Draft Resolve(std::optional<std::string_view> text, const Overrides& overrides,
              const EnvLookup& environment) {
  Draft draft = text ? DecodeDocument(*text) : DefaultDraft();
  ApplyOverrides(overrides, environment, draft);
  SettleDependentDefaults(draft);
  return draft;
}

std::expected<core::Configuration, ConfigProblems> Outcome(Draft draft) {
  if (!draft.problems.empty()) return std::unexpected(std::move(draft.problems));
  return std::move(draft.value);
}

}  // namespace

std::expected<core::Configuration, ConfigProblems> ResolveConfiguration(
    std::optional<std::string_view> text, const Overrides& overrides,
    const EnvLookup& environment) {
  return Outcome(Resolve(text, overrides, environment));
}

std::expected<core::Configuration, ConfigProblems> LoadConfiguration(
    std::optional<std::string_view> text, const Overrides& overrides, const EnvLookup& environment,
    const ValidationOptions& options) {
  Draft draft = Resolve(text, overrides, environment);
  if (draft.readable) Validate(options, draft);
  return Outcome(std::move(draft));
}

}  // namespace baokms::adapters::config_yaml
