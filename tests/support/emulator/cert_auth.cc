#include "tests/support/emulator/cert_auth.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "tests/support/emulator/certificates.h"
#include "tests/support/emulator/encoding.h"
#include "tests/support/emulator/fields.h"

namespace baokms::emulator {
namespace {

constexpr std::array<const char*, 6> kConstraintFields = {
    "allowed_names",    "allowed_common_names", "allowed_dns_sans",
    "allowed_uri_sans", "allowed_email_sans",   "allowed_organizational_units"};

// '*' stands for any text, as in go-glob.
bool Glob(std::string_view pattern, std::string_view text) {
  const auto star = pattern.find('*');
  if (star == std::string_view::npos) return pattern == text;
  if (!text.starts_with(pattern.substr(0, star))) return false;
  pattern.remove_prefix(star + 1);
  for (std::size_t skip = star; skip <= text.size(); ++skip) {
    if (Glob(pattern, text.substr(skip))) return true;
  }
  return false;
}

bool AnyMatches(const std::vector<std::string>& patterns, const std::vector<std::string>& names) {
  return std::ranges::any_of(patterns, [&names](const std::string& pattern) {
    return std::ranges::any_of(names,
                               [&pattern](const std::string& name) { return Glob(pattern, name); });
  });
}

std::string KeyIdentifier(const ASN1_OCTET_STRING* id) {
  if (id == nullptr) return {};
  return ColonHex({reinterpret_cast<const char*>(ASN1_STRING_get0_data(id)),
                   static_cast<std::size_t>(ASN1_STRING_length(id))});
}

// Go's %v of a byte slice: "[48 130 1]".
std::string GoBytes(std::string_view bytes) {
  std::string out = "[";
  for (const char c : bytes) {
    if (out.size() > 1) out += " ";
    out += std::to_string(static_cast<unsigned char>(c));
  }
  return out + "]";
}

}  // namespace

Outcome CertAuth::Handle(const Call& call) {
  if (call.path == "login") return HandleLogin(call);
  if (call.path.starts_with("certs/")) return HandleRole(call, call.path.substr(6));
  if (call.path == "config" && call.verb == Verb::kUpdate) return Outcome::NoContent();
  return Outcome::UnsupportedPath();
}

Outcome CertAuth::HandleRole(const Call& call, const std::string& name) {
  const std::lock_guard lock(mutex_);
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
  const auto found = roles_.find(name);
  if (found == roles_.end()) return Outcome::NotFound();
  Json data = {{"certificate", found->second.certificate_pem},
               {"display_name", found->second.display_name}};
  for (const char* field : kConstraintFields) {
    const auto values = found->second.allowed.find(field);
    data[field] = values == found->second.allowed.end() ? Json(nullptr) : Json(values->second);
  }
  found->second.token.Write(&data);
  return Outcome::Data(std::move(data));
}

Outcome CertAuth::WriteRole(const std::string& name, const Json& data) {
  Role role = roles_.contains(name) ? roles_[name] : Role();
  if (!roles_.contains(name)) role.display_name = name;
  auto settings = RoleTokenSettings::Read(data, role.token);
  if (!settings) return Outcome::Invalid(settings.error());
  role.token = *std::move(settings);
  if (HasField(data, "certificate")) role.certificate_pem = TextField(data, "certificate");
  if (HasField(data, "display_name")) role.display_name = TextField(data, "display_name");
  for (const char* field : kConstraintFields) {
    if (HasField(data, field)) role.allowed[field] = ListField(data, field);
  }
  role.certificates = ReadCertificates(role.certificate_pem);
  if (role.certificates.empty()) return Outcome::Invalid("failed to parse certificate");
  roles_[name] = std::move(role);
  return Outcome::NoContent();
}

bool CertAuth::ChainsTo(const Role& role, const Call& call) const {
  const X509StorePtr store(X509_STORE_new());
  for (const SharedX509& anchor : role.certificates) {
    X509_STORE_add_cert(store.get(), anchor.get());
  }
  STACK_OF(X509)* untrusted = sk_X509_new_null();
  for (const SharedX509& certificate : call.client_chain) {
    sk_X509_push(untrusted, certificate.get());
  }
  const X509StoreCtxPtr ctx(X509_STORE_CTX_new());
  X509_STORE_CTX_init(ctx.get(), store.get(), call.client_certificate.get(), untrusted);
  X509_VERIFY_PARAM* param = X509_STORE_CTX_get0_param(ctx.get());
  X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
  X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_CLIENT);
  X509_VERIFY_PARAM_set_time(param, clock_.UnixSeconds());
  const bool verified = X509_verify_cert(ctx.get()) == 1;
  sk_X509_free(untrusted);
  return verified;
}

bool CertAuth::MeetsConstraints(const Role& role, X509* leaf) {
  const std::vector<std::string> common_name = {CommonName(leaf)};
  const auto dns = SubjectAltNames(leaf, SanKind::kDns);
  const auto email = SubjectAltNames(leaf, SanKind::kEmail);
  std::vector<std::string> any_name = common_name;
  any_name.insert(any_name.end(), dns.begin(), dns.end());
  any_name.insert(any_name.end(), email.begin(), email.end());
  const std::map<std::string, std::vector<std::string>> names = {
      {"allowed_names", any_name},   {"allowed_common_names", common_name},
      {"allowed_dns_sans", dns},     {"allowed_uri_sans", SubjectAltNames(leaf, SanKind::kUri)},
      {"allowed_email_sans", email}, {"allowed_organizational_units", OrganizationalUnits(leaf)}};
  return std::ranges::all_of(role.allowed, [&names](const auto& constraint) {
    return constraint.second.empty() || AnyMatches(constraint.second, names.at(constraint.first));
  });
}

std::variant<CertAuth::RoleEntry, Outcome> CertAuth::MatchRole(const Call& call,
                                                               const std::string& only) const {
  if (call.client_certificate == nullptr) {
    return Outcome::Invalid(std::string(release_.missing_certificate()));
  }
  bool chained = false;
  for (auto entry = roles_.begin(); entry != roles_.end(); ++entry) {
    if (!only.empty() && entry->first != only) continue;
    if (!ChainsTo(entry->second, call)) continue;
    chained = true;
    if (MeetsConstraints(entry->second, call.client_certificate.get())) return entry;
  }
  if (!chained) {
    return Outcome::Invalid(
        "invalid certificate or no client certificate supplied; additionally "
        "got errors during verification: <nil>");
  }
  return Outcome::Invalid(
      "no chain matching all constraints could be found for this login certificate");
}

Outcome CertAuth::HandleLogin(const Call& call) {
  if (call.verb != Verb::kUpdate) return Outcome::Error(405, "unsupported operation");
  const std::lock_guard lock(mutex_);
  auto matched = MatchRole(call, TextField(call.data, "name"));
  if (auto* refused = std::get_if<Outcome>(&matched)) return *std::move(refused);
  const auto& [name, role] = *std::get<RoleEntry>(matched);
  X509* leaf = call.client_certificate.get();
  const std::string common_name = CommonName(leaf);
  if (common_name.empty()) return Outcome::Error(500, "missing name in alias");
  Token token;
  token.name_space = call.name_space;
  token.mount = call.mount;
  token.path = call.mount + "login";
  token.role = name;
  token.certificate_der = CertificateDer(leaf);
  token.metadata = {{"cert_name", name},
                    {"common_name", common_name},
                    {"serial_number", SerialDecimal(leaf)},
                    {"subject_key_id", KeyIdentifier(X509_get0_subject_key_id(leaf))},
                    {"authority_key_id", KeyIdentifier(X509_get0_authority_key_id(leaf))}};
  token.display_name = call.mount.substr(5, call.mount.size() - 6) + "-" + role.display_name;
  token.entity_id = StableUuid(call.name_space + call.mount + common_name);
  return Login(tokens_, std::move(token), role.token, clock_.UnixMillis());
}

std::variant<LeaseTerms, Outcome> CertAuth::Renew(const Token& token, const Call& call) {
  const std::lock_guard lock(mutex_);
  const auto found = roles_.find(token.role);
  if (found == roles_.end()) return Outcome::NoContent();
  if (found->second.token.TokenPolicies() != token.policies) {
    return Outcome::Wrapped(500, "failed to renew entry: policies have changed, not renewing");
  }
  auto matched = MatchRole(call, token.role);
  if (auto* refused = std::get_if<Outcome>(&matched)) return *std::move(refused);
  const std::string presented = CertificateDer(call.client_certificate.get());
  if (presented != token.certificate_der) {
    return Outcome::Wrapped(500,
                            "failed to renew entry: client identity during renewal not matching "
                            "client identity used during login:\n\toriginal: " +
                                GoBytes(token.certificate_der) +
                                "\n\trenewal: " + GoBytes(presented));
  }
  return found->second.token.lease;
}

}  // namespace baokms::emulator
