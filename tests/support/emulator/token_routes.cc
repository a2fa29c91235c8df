#include "tests/support/emulator/token_routes.h"

#include <algorithm>
#include <utility>

#include "tests/support/emulator/fields.h"

namespace baokms::emulator {

Outcome TokenRoutes::Handle(const Call& call) {
  const bool update = call.verb == Verb::kUpdate;
  const bool read = call.verb == Verb::kRead;
  const std::string named = TextField(call.data, "token");
  const std::string& own = call.token->id;
  if (call.path == "lookup-self") {
    return read || update ? LookUp(own) : Outcome::UnsupportedOperation();
  }
  if (call.path == "lookup" && (read || update)) return LookUp(named.empty() ? own : named);
  if (!update) return Outcome::UnsupportedOperation();
  if (call.path == "create" || call.path == "create-orphan") return Create(call);
  if (call.path == "renew-self") return Renew(call, own);
  if (call.path == "renew") {
    if (named.empty()) return Outcome::Invalid("missing token ID");
    return Renew(call, named);
  }
  if (call.path == "revoke-self" || call.path == "revoke" || call.path == "revoke-orphan") {
    const std::string& id = call.path == "revoke-self" ? own : named;
    if (id.empty()) return Outcome::Invalid("missing token ID");
    const auto token = tokens_.Find(id);
    if (token != nullptr && token->batch) return Outcome::Invalid("batch tokens cannot be revoked");
    tokens_.Revoke(id);
    return Outcome::NoContent();
  }
  if (call.path == "revoke-accessor") {
    const std::string accessor = TextField(call.data, "accessor");
    for (const auto& token : tokens_.All()) {
      if (token->accessor != accessor) continue;
      tokens_.Revoke(token->id);
      return Outcome::NoContent();
    }
    return Outcome::Invalid("invalid accessor");
  }
  return Outcome::UnsupportedPath();
}

Outcome TokenRoutes::Create(const Call& call) {
  RoleTokenSettings settings;
  settings.policies = ListField(call.data, "policies");
  settings.no_default_policy = BoolField(call.data, "no_default_policy", false);
  if (settings.policies.empty()) {
    settings.policies = call.token->policies;
    settings.no_default_policy = true;
  }
  const bool root = std::ranges::find(settings.policies, "root") != settings.policies.end();
  if (root) settings.no_default_policy = true;
  for (const auto& [name, into] : {std::pair{"ttl", &settings.lease.ttl},
                                   std::pair{"explicit_max_ttl", &settings.lease.max_ttl},
                                   std::pair{"period", &settings.lease.period}}) {
    const auto seconds = DurationField(call.data, name, 0);
    if (!seconds) return Outcome::Invalid(seconds.error());
    *into = *seconds;
  }
  const std::int64_t now = clock_.UnixMillis();
  Lease lease;
  if (!root || settings.lease.ttl > 0) lease = *CalculateLease(0, settings.lease, now, now);
  Token token;
  token.id = TextField(call.data, "id");
  token.name_space = call.name_space;
  token.policies = settings.TokenPolicies();
  token.path = "auth/token/create";
  token.mount = "auth/token/";
  token.orphan = call.path == "create-orphan" || BoolField(call.data, "no_parent", false);
  token.renewable = lease.ttl > 0 && BoolField(call.data, "renewable", true);
  if (HasField(call.data, "meta")) token.metadata = call.data["meta"];
  const auto created = tokens_.Create(std::move(token), lease.ttl);
  Outcome outcome = Outcome::Auth(AuthObject(*created, lease.ttl));
  outcome.warnings = std::move(lease.warnings);
  return outcome;
}

Outcome TokenRoutes::LookUp(const std::string& id) {
  const auto token = tokens_.Find(id);
  if (token == nullptr) return Outcome::Error(403, "bad token");
  Json data = {{"id", token->id},
               {"accessor", token->accessor},
               {"policies", token->policies},
               {"path", token->path},
               {"meta", token->metadata},
               {"display_name", token->display_name},
               {"num_uses", token->num_uses},
               {"orphan", token->orphan},
               {"creation_time", token->issue_millis / 1000},
               {"creation_ttl", token->creation_ttl},
               {"expire_time", nullptr},
               {"ttl", tokens_.TtlSeconds(*token)},
               {"explicit_max_ttl", 0},
               {"entity_id", token->entity_id},
               {"renewable", token->renewable},
               {"issue_time", Rfc3339(token->issue_millis)},
               {"type", TypeName(*token)}};
  if (token->expire_millis != 0) data["expire_time"] = Rfc3339(token->expire_millis);
  if (token->last_renewal_millis != 0) {
    data["last_renewal"] = Rfc3339(token->last_renewal_millis);
    data["last_renewal_time"] = token->last_renewal_millis / 1000;
  }
  if (!token->name_space.empty()) data["namespace_path"] = token->name_space;
  return Outcome::Data(std::move(data));
}

Outcome TokenRoutes::Renew(const Call& call, const std::string& id) {
  const auto increment = DurationField(call.data, "increment", 0);
  if (!increment) return Outcome::Invalid("Field validation failed: " + increment.error());
  const auto token = tokens_.Find(id);
  if (token == nullptr) return Outcome::Invalid("token not found");
  if (token->batch) return Outcome::Invalid("batch tokens cannot be renewed");
  if (!token->renewable) return Outcome::Invalid("lease is not renewable");
  LeaseTerms terms;
  if (token->mount != "auth/token/") {
    const auto route = mounts_.Find(token->name_space, token->mount);
    if (!route || route->mount.auth == nullptr) return Outcome::Invalid("invalid lease ID");
    auto answer = route->mount.auth->Renew(*token, call);
    if (auto* refused = std::get_if<Outcome>(&answer)) return std::move(*refused);
    terms = std::get<LeaseTerms>(answer);
  }
  const auto lease = CalculateLease(*increment, terms, token->issue_millis, clock_.UnixMillis());
  if (!lease) return Outcome::Wrapped(500, "past the max TTL, cannot renew");
  const auto renewed = tokens_.Extend(id, lease->ttl);
  if (renewed == nullptr) return Outcome::Invalid("token not found");
  Outcome outcome = Outcome::Auth(AuthObject(*renewed, lease->ttl));
  outcome.warnings = lease->warnings;
  return outcome;
}

}  // namespace baokms::emulator
