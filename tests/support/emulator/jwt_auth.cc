#include "tests/support/emulator/jwt_auth.h"

#include <algorithm>
#include <utility>

#include "tests/support/emulator/encoding.h"
#include "tests/support/emulator/fields.h"

namespace baokms::emulator {
namespace {

constexpr std::int64_t kDefaultLeeway = 150;    // exp and nbf made up from other claims
constexpr std::int64_t kDefaultClockSkew = 60;  // every time claim

std::int64_t Leeway(std::int64_t configured, std::int64_t fallback) {
  if (configured < 0) return 0;
  return configured == 0 ? fallback : configured;
}

std::int64_t NumericDate(const Json& claims, const char* name) {
  const auto found = claims.find(name);
  if (found == claims.end() || !found->is_number()) return 0;
  return static_cast<std::int64_t>(found->get<double>());
}

std::string TextClaim(const Json& claims, const char* name) {
  const auto found = claims.find(name);
  return found != claims.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::vector<std::string> Audiences(const Json& claims) {
  const auto found = claims.find("aud");
  if (found == claims.end()) return {};
  if (found->is_string()) return {found->get<std::string>()};
  return ListField(claims, "aud");
}

bool ClaimMatches(const Json& claims, const std::string& name, const Json& wanted) {
  const auto found = claims.find(name);
  if (found == claims.end()) return false;
  const Json actual = found->is_array() ? *found : Json::array({*found});
  const Json allowed = wanted.is_array() ? wanted : Json::array({wanted});
  return std::ranges::any_of(actual, [&allowed](const Json& value) {
    return std::ranges::find(allowed, value) != allowed.end();
  });
}

}  // namespace

Outcome JwtAuth::Handle(const Call& call) {
  if (call.path == "login") return HandleLogin(call);
  if (call.path == "config") return HandleConfig(call);
  if (call.path.starts_with("role/")) return HandleRole(call, call.path.substr(5));
  return Outcome::UnsupportedPath();
}

Outcome JwtAuth::HandleConfig(const Call& call) {
  const std::lock_guard lock(mutex_);
  if (call.verb == Verb::kRead) {
    if (!configured_) return Outcome::NotFound();
    return Outcome::Data({{"bound_issuer", bound_issuer_},
                          {"default_role", default_role_},
                          {"jwt_validation_pubkeys", key_pems_},
                          {"jwt_supported_algs", Json::array()},
                          {"jwks_url", ""},
                          {"oidc_discovery_url", ""}});
  }
  if (call.verb != Verb::kUpdate) return Outcome::UnsupportedOperation();
  const std::vector<std::string> pems = ListField(call.data, "jwt_validation_pubkeys");
  if (pems.empty()) {
    return Outcome::Invalid(
        "exactly one of 'jwt_validation_pubkeys', 'jwks_url' or "
        "'oidc_discovery_url' must be set");
  }
  std::vector<SharedPkey> keys;
  for (const std::string& pem : pems) {
    keys.push_back(ReadPublicKey(pem));
    if (keys.back() == nullptr) {
      return Outcome::Invalid(
          "error parsing public key: data does not contain any valid public "
          "keys");
    }
  }
  key_pems_ = pems;
  keys_ = std::move(keys);
  bound_issuer_ = TextField(call.data, "bound_issuer");
  default_role_ = TextField(call.data, "default_role");
  configured_ = true;
  return Outcome::NoContent();
}

Outcome JwtAuth::HandleRole(const Call& call, const std::string& name) {
  const std::lock_guard lock(mutex_);
  const auto found = roles_.find(name);
  switch (call.verb) {
    case Verb::kList: {
      Json names = Json::array();
      for (const auto& [role_name, role] : roles_) names.push_back(role_name);
      return names.empty() ? Outcome::NotFound() : Outcome::Data({{"keys", names}});
    }
    case Verb::kDelete:
      roles_.erase(name);
      return Outcome::NoContent();
    case Verb::kUpdate:
      return WriteRole(name, call.data);
    case Verb::kRead:
      break;
  }
  if (found == roles_.end()) return Outcome::NotFound();
  const Role& role = found->second;
  Json data = {{"role_type", "jwt"},
               {"user_claim", role.user_claim},
               {"bound_subject", role.bound_subject},
               {"bound_audiences", role.bound_audiences},
               {"bound_claims", role.bound_claims},
               {"bound_claims_type", "string"},
               {"clock_skew_leeway", role.clock_skew_leeway},
               {"expiration_leeway", role.expiration_leeway},
               {"not_before_leeway", role.not_before_leeway}};
  role.token.Write(&data);
  return Outcome::Data(std::move(data));
}

Outcome JwtAuth::WriteRole(const std::string& name, const Json& data) {
  Role role = roles_.contains(name) ? roles_[name] : Role();
  auto settings = RoleTokenSettings::Read(data, role.token);
  if (!settings) return Outcome::Invalid(settings.error());
  role.token = *std::move(settings);
  if (HasField(data, "user_claim")) role.user_claim = TextField(data, "user_claim");
  if (HasField(data, "bound_subject")) role.bound_subject = TextField(data, "bound_subject");
  if (HasField(data, "bound_audiences")) role.bound_audiences = ListField(data, "bound_audiences");
  if (HasField(data, "bound_claims")) role.bound_claims = data["bound_claims"];
  role.clock_skew_leeway =
      DurationField(data, "clock_skew_leeway", role.clock_skew_leeway).value_or(0);
  role.expiration_leeway =
      DurationField(data, "expiration_leeway", role.expiration_leeway).value_or(0);
  role.not_before_leeway =
      DurationField(data, "not_before_leeway", role.not_before_leeway).value_or(0);
  if (role.user_claim.empty()) return Outcome::Invalid("a user claim must be defined on the role");
  if (role.bound_audiences.empty() && role.bound_subject.empty() && role.bound_claims.is_null()) {
    return Outcome::Invalid(
        "must have at least one bound constraint when creating/updating a "
        "role");
  }
  roles_[name] = std::move(role);
  return Outcome::NoContent();
}

Outcome JwtAuth::HandleLogin(const Call& call) {
  if (call.verb != Verb::kUpdate) return Outcome::Error(405, "unsupported operation");
  std::unique_lock lock(mutex_);
  if (!configured_) return Outcome::Invalid("could not load configuration");
  std::string name = TextField(call.data, "role");
  if (name.empty()) name = default_role_;
  if (name.empty()) return Outcome::Invalid("missing role");
  const auto found = roles_.find(name);
  if (found == roles_.end()) {
    return Outcome::Invalid("role \"" + name + "\" could not be found");
  }
  const Role role = found->second;
  const std::vector<SharedPkey> keys = keys_;
  const std::string jwt = TextField(call.data, "jwt");
  if (jwt.empty()) return Outcome::Invalid("missing token");
  const auto claims = VerifyJwtSignature(jwt, keys);
  if (!claims) {
    return Outcome::Invalid("error validating token: error verifying token signature: " +
                            claims.error());
  }
  const std::string refusal = RefusalOf(*claims, role);
  lock.unlock();
  if (!refusal.empty()) return Outcome::Invalid("error validating token: " + refusal);
  if (!Audiences(*claims).empty() && role.bound_audiences.empty()) {
    return Outcome::Invalid("audience claim found in JWT but no audiences bound to the role");
  }
  const std::string user = TextClaim(*claims, role.user_claim.c_str());
  if (user.empty()) {
    return Outcome::Invalid("claim \"" + role.user_claim + "\" not found in token");
  }
  if (role.bound_claims.is_object()) {
    for (const auto& [claim, wanted] : role.bound_claims.items()) {
      if (ClaimMatches(*claims, claim, wanted)) continue;
      return Outcome::Invalid("error validating claims: claim \"" + claim +
                              "\" does not match any associated bound claim values");
    }
  }
  Token token;
  token.name_space = call.name_space;
  token.mount = call.mount;
  token.path = call.mount + "login";
  token.role = name;
  token.metadata = {{"role", name}};
  token.display_name = call.mount.substr(5, call.mount.size() - 6) + "-" + user;
  token.entity_id = StableUuid(call.name_space + call.mount + user);
  return Login(tokens_, std::move(token), role.token, clock_.UnixMillis());
}

std::string JwtAuth::RefusalOf(const Json& claims, const Role& role) const {
  if (!bound_issuer_.empty() && TextClaim(claims, "iss") != bound_issuer_) {
    return "invalid issuer (iss) claim";
  }
  if (!role.bound_subject.empty() && TextClaim(claims, "sub") != role.bound_subject) {
    return "invalid subject (sub) claim";
  }
  if (!role.bound_audiences.empty()) {
    const std::vector<std::string> audiences = Audiences(claims);
    if (std::ranges::find_first_of(role.bound_audiences, audiences) == role.bound_audiences.end()) {
      return "invalid audience (aud) claim: audience claim does not match any expected audience";
    }
  }
  return TimeRefusal(claims, role);
}

std::string JwtAuth::TimeRefusal(const Json& claims, const Role& role) const {
  const std::int64_t issued_at = NumericDate(claims, "iat");
  std::int64_t expiry = NumericDate(claims, "exp");
  std::int64_t not_before = NumericDate(claims, "nbf");
  if (issued_at == 0 && expiry == 0 && not_before == 0) {
    return "no issued at (iat), not before (nbf), or expiration time (exp) claims in token";
  }
  if (expiry == 0) {
    expiry = std::max(issued_at, not_before) + Leeway(role.expiration_leeway, kDefaultLeeway);
  }
  // A token with exp alone is valid only in its last 150 seconds: so it is in OpenBao.
  if (not_before == 0) {
    not_before =
        issued_at != 0 ? issued_at : expiry - Leeway(role.not_before_leeway, kDefaultLeeway);
  }
  const std::int64_t skew = Leeway(role.clock_skew_leeway, kDefaultClockSkew);
  const std::int64_t now = clock_.UnixSeconds();
  if (now + skew < not_before) return "invalid not before (nbf) claim: token not yet valid";
  if (now - skew > expiry) return "invalid expiration time (exp) claim: token is expired";
  if (now + skew < issued_at) return "invalid issued at (iat) claim: token issued in the future";
  return {};
}

std::variant<LeaseTerms, Outcome> JwtAuth::Renew(const Token& token, const Call& /*call*/) {
  const std::lock_guard lock(mutex_);
  const auto found = roles_.find(token.role);
  if (found == roles_.end()) {
    return Outcome::Wrapped(
        500, "failed to renew entry: role " + token.role + " does not exist during renewal");
  }
  return found->second.token.lease;
}

}  // namespace baokms::emulator
