#include "tests/support/emulator/auth_method.h"

#include <algorithm>
#include <utility>

#include "tests/support/emulator/fields.h"

namespace baokms::emulator {

std::expected<RoleTokenSettings, std::string> RoleTokenSettings::Read(
    const Json& data, const RoleTokenSettings& before) {
  RoleTokenSettings settings = before;
  // "policies", "ttl" and "max_ttl" are the older names of the same fields.
  for (const auto* name : {"policies", "token_policies"}) {
    if (HasField(data, name)) settings.policies = ListField(data, name);
  }
  struct Duration {
    const char* name;
    std::int64_t* into;
  };
  for (const auto& [name, into] :
       {Duration{"ttl", &settings.lease.ttl}, Duration{"token_ttl", &settings.lease.ttl},
        Duration{"max_ttl", &settings.lease.max_ttl},
        Duration{"token_max_ttl", &settings.lease.max_ttl},
        Duration{"token_period", &settings.lease.period}}) {
    const auto seconds = DurationField(data, name, *into);
    if (!seconds) return std::unexpected(seconds.error());
    *into = *seconds;
  }
  settings.no_default_policy =
      BoolField(data, "token_no_default_policy", settings.no_default_policy);
  const auto num_uses = IntField(data, "token_num_uses", settings.num_uses);
  if (!num_uses) return std::unexpected(num_uses.error());
  settings.num_uses = *num_uses;
  if (HasField(data, "token_type")) settings.batch = TextField(data, "token_type") == "batch";
  if (settings.lease.max_ttl > 0 && settings.lease.ttl > settings.lease.max_ttl) {
    return std::unexpected("ttl should not be greater than max ttl");
  }
  return settings;
}

void RoleTokenSettings::Write(Json* data) const {
  (*data)["token_policies"] = policies;
  (*data)["token_ttl"] = lease.ttl;
  (*data)["token_max_ttl"] = lease.max_ttl;
  (*data)["token_period"] = lease.period;
  (*data)["token_no_default_policy"] = no_default_policy;
  (*data)["token_explicit_max_ttl"] = 0;
  (*data)["token_num_uses"] = num_uses;
  (*data)["token_bound_cidrs"] = Json::array();
  (*data)["token_strictly_bind_ip"] = false;
  (*data)["token_type"] = batch ? "batch" : "default";
}

std::vector<std::string> RoleTokenSettings::TokenPolicies() const {
  std::vector<std::string> all = policies;
  if (!no_default_policy) all.emplace_back("default");
  std::ranges::sort(all);
  const auto repeated = std::ranges::unique(all);
  all.erase(repeated.begin(), repeated.end());
  return all;
}

Outcome Login(TokenStore& tokens, Token token, const RoleTokenSettings& settings,
              std::int64_t now_millis) {
  const auto lease = CalculateLease(0, settings.lease, now_millis, now_millis);
  token.policies = settings.TokenPolicies();
  token.orphan = true;
  token.batch = settings.batch;
  token.num_uses = settings.num_uses;
  token.renewable = !settings.batch;
  const auto created = tokens.Create(std::move(token), lease->ttl);
  Outcome outcome = Outcome::Auth(AuthObject(*created, lease->ttl));
  outcome.warnings = lease->warnings;
  return outcome;
}

}  // namespace baokms::emulator
