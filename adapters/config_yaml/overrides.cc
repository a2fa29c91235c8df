#include "adapters/config_yaml/overrides.h"

#include "adapters/config_yaml/field_table.h"
#include "adapters/config_yaml/field_value.h"

namespace baokms::adapters::config_yaml {
namespace {

struct Override {
  std::string_view field;
  std::string_view flag;
  std::optional<std::string> Overrides::* given;
  // Of the pair the first non-empty one counts.
  std::array<std::string_view, 2> variables;
};

constexpr std::array<Override, 3> kOverrides{{
    {"logging.level",
     "--log-level",
     &Overrides::log_level,
     {"BAO_KMS_PROVIDER_LOG_LEVEL", "BAO_KMS_PROVIDER_LOGGING_LEVEL"}},
    {"server.metricsAddress",
     "--metrics-address",
     &Overrides::metrics_address,
     {"BAO_KMS_PROVIDER_SERVER_METRICS_ADDRESS", "BAO_KMS_PROVIDER_SERVER_METRICSADDRESS"}},
    {"server.healthAddress",
     "--health-address",
     &Overrides::health_address,
     {"BAO_KMS_PROVIDER_SERVER_HEALTH_ADDRESS", "BAO_KMS_PROVIDER_SERVER_HEALTHADDRESS"}},
}};
constexpr std::array<std::string_view, 2> kPathVariables{"BAO_KMS_PROVIDER_CONFIG",
                                                         "BAO_KMS_PROVIDER_CONFIG_PATH"};

struct Found {
  std::string value;
  std::string_view variable;
};

std::optional<Found> FirstNonEmpty(const EnvLookup& environment,
                                   const std::array<std::string_view, 2>& variables) {
  if (!environment) return std::nullopt;
  for (const std::string_view variable : variables) {
    if (auto value = environment(std::string(variable)); value && !value->empty()) {
      return Found{std::move(*value), variable};
    }
  }
  return std::nullopt;
}

}  // namespace

std::vector<OverrideVariables> DescribeOverrides() {
  std::vector<OverrideVariables> all{{.field = "", .variables = kPathVariables}};
  for (const Override& entry : kOverrides) {
    all.push_back({.field = entry.field, .variables = entry.variables});
  }
  return all;
}

void ApplyOverrides(const Overrides& overrides, const EnvLookup& environment, Draft& draft) {
  for (const Override& entry : kOverrides) {
    std::string value;
    std::string origin;
    if (const auto& flag = overrides.*entry.given) {
      value = *flag;
      origin = entry.flag;
    } else if (auto found = FirstNonEmpty(environment, entry.variables)) {
      value = std::move(found->value);
      origin = found->variable;
    } else {
      continue;
    }
    const std::string name(entry.field);
    // What the file said was judged as written; the override is judged on its own.
    draft.refused.erase(name);
    draft.overridden[name] = origin;
    if (const auto complaint = AssignText(*FindField(name), value, draft.value)) {
      draft.Complain(name, *complaint);
      draft.refused.insert(name);
    }
  }
}

std::optional<std::string> ResolveConfigPath(const Overrides& overrides,
                                             const EnvLookup& environment,
                                             const PathExists& exists) {
  if (overrides.config_path && !overrides.config_path->empty()) return overrides.config_path;
  if (auto found = FirstNonEmpty(environment, kPathVariables)) return std::move(found->value);
  if (std::string usual(kUsualConfigPath); exists(usual)) return usual;
  return std::nullopt;
}

}  // namespace baokms::adapters::config_yaml
