#include "tests/support/harness/openbao_setup.h"

#include <algorithm>
#include <ctime>

#include "tests/support/harness/harness_error.h"
#include "tests/support/harness/planted.h"

namespace baokms::testing {

OpenBaoSetup::OpenBaoSetup(OpenBaoUnderTest& openbao, SetupOptions options)
    : openbao_(openbao),
      options_(std::move(options)),
      signing_key_(emulator::GenerateSigningKey(options_.signing_key)) {
  // Without auth/, which is in many a text.
  const std::string login = options_.auth_mount.substr(options_.auth_mount.find('/') + 1);
  for (const auto& [what, name] : {std::pair{"mount", options_.transit_mount},
                                   {"key name", options_.key_name},
                                   {"login mount", login},
                                   {"role", options_.role},
                                   {"policy", options_.policy}}) {
    Plant(Planted::Kind::kName, what, name);
  }
  if (!options_.name_space.empty()) {
    const AdminReply there = openbao_.Admin("GET", "sys/namespaces/" + options_.name_space);
    if (!there.ok()) {
      openbao_.MustAdmin("POST", "sys/namespaces/" + options_.name_space, Json::object());
    }
  }
  Mount("sys/mounts/" + options_.transit_mount, "transit");
  CreateKey();
  SetDisableUpsert(true);
  SetPolicy();
  Mount("sys/" + options_.auth_mount, "jwt");
  Must("POST", options_.auth_mount + "/config",
       {{"jwt_validation_pubkeys", {emulator::PublicKeyPem(signing_key_.get())}},
        {"bound_issuer", options_.issuer}});
  CreateRole(options_.role);
}

void OpenBaoSetup::Must(const std::string& method, const std::string& path,
                        const Json& data) const {
  openbao_.MustAdmin(method, path, data, options_.name_space);
}

void OpenBaoSetup::Mount(const std::string& path, const std::string& type) const {
  const AdminReply reply = Admin("POST", path, {{"type", type}});
  const bool there = reply.status == 400 && reply.text.find("in use") != std::string::npos;
  if (!reply.ok() && !there) throw HarnessError("mounting " + path + ": " + reply.text);
}

std::string OpenBaoSetup::KeyPath(const std::string& name) const {
  return options_.transit_mount + "/keys/" + (name.empty() ? options_.key_name : name);
}

std::string OpenBaoSetup::MintJwt(const Json& claims, std::chrono::seconds valid) const {
  const std::int64_t now = std::time(nullptr);
  const std::int64_t expires = now + valid.count();
  const std::int64_t issued = std::min(now, expires - 60);
  Json all = {{"iss", options_.issuer},  {"aud", options_.audience},
              {"sub", options_.subject}, {"iat", issued},
              {"nbf", issued},           {"exp", expires}};
  for (const auto& [name, value] : claims.items()) {
    if (value.is_null()) {
      all.erase(name);
    } else {
      all[name] = value;
    }
  }
  std::string jwt = emulator::MintJwt(signing_key_.get(), all);
  Plant(Planted::Kind::kJwt, "JWT", jwt);
  return jwt;
}

std::string OpenBaoSetup::MintForeignJwt() const {
  OpenBaoSetup other = *this;
  other.signing_key_ = emulator::GenerateSigningKey(options_.signing_key);
  return other.MintJwt();
}

std::string OpenBaoSetup::Login(const std::string& role) const {
  const AdminReply reply = openbao_.Call(
      "POST", options_.auth_mount + "/login",
      {{"role", role.empty() ? options_.role : role}, {"jwt", MintJwt()}}, "", options_.name_space);
  if (!reply.ok()) throw HarnessError("login: " + reply.text);
  return reply.json.at("auth").at("client_token").get<std::string>();
}

void OpenBaoSetup::CreateKey(const std::string& name, const Json& data) const {
  Must("POST", KeyPath(name), data);
}

void OpenBaoSetup::RotateKey(const std::string& name) const {
  Must("POST", KeyPath(name) + "/rotate", Json::object());
}

void OpenBaoSetup::ConfigureKey(const Json& data, const std::string& name) const {
  Must("POST", KeyPath(name) + "/config", data);
}

void OpenBaoSetup::SetMinDecryptionVersion(std::int64_t version, const std::string& name) const {
  ConfigureKey({{"min_decryption_version", version}}, name);
}

void OpenBaoSetup::SetMinEncryptionVersion(std::int64_t version, const std::string& name) const {
  ConfigureKey({{"min_encryption_version", version}}, name);
}

void OpenBaoSetup::Trim(std::int64_t min_available_version, const std::string& name) const {
  Must("POST", KeyPath(name) + "/trim", {{"min_available_version", min_available_version}});
}

void OpenBaoSetup::DeleteKey(const std::string& name) const {
  ConfigureKey({{"deletion_allowed", true}}, name);
  Must("DELETE", KeyPath(name), Json());
}

std::int64_t OpenBaoSetup::LatestVersion(const std::string& name) const {
  return openbao_.MustAdmin("GET", KeyPath(name), Json(), options_.name_space)
      .data()
      .at("latest_version")
      .get<std::int64_t>();
}

void OpenBaoSetup::SetDisableUpsert(bool disabled) const {
  Must("POST", options_.transit_mount + "/config/keys", {{"disable_upsert", disabled}});
}

void OpenBaoSetup::CreateRole(const std::string& role, const Json& changes) const {
  Json body = {{"role_type", "jwt"},
               {"user_claim", "sub"},
               {"bound_audiences", {options_.audience}},
               {"bound_subject", options_.subject},
               {"token_policies", {options_.policy}},
               {"token_no_default_policy", true},
               {"token_ttl", options_.token_ttl.count()},
               {"token_max_ttl", options_.token_max_ttl.count()}};
  body.update(changes);
  Must("POST", options_.auth_mount + "/role/" + role, body);
}

void OpenBaoSetup::DeleteRole(const std::string& role) const {
  Must("DELETE", options_.auth_mount + "/role/" + (role.empty() ? options_.role : role), Json());
}

void OpenBaoSetup::SetPolicy(const std::string& hcl) const {
  Must("PUT", "sys/policies/acl/" + options_.policy,
       {{"policy", hcl.empty() ? LeastPrivilegePolicy({options_.key_name}) : hcl}});
}

std::string OpenBaoSetup::LeastPrivilegePolicy(const std::vector<std::string>& key_names) const {
  const auto rule = [](const std::string& path, const std::string& capability) {
    return "path \"" + path + "\" { capabilities = [\"" + capability + "\"] }\n";
  };
  std::string hcl = rule(options_.transit_mount + "/config/keys", "read") +
                    rule("sys/capabilities-self", "update") +
                    rule("auth/token/renew-self", "update");
  for (const std::string& name : key_names) {
    hcl += rule(options_.transit_mount + "/keys/" + name, "read") +
           rule(options_.transit_mount + "/encrypt/" + name, "update") +
           rule(options_.transit_mount + "/decrypt/" + name, "update");
  }
  return hcl;
}

void OpenBaoSetup::RevokeAllTokens() const { openbao_.RevokeTokensOf(options_.auth_mount); }

void OpenBaoSetup::RevokeToken(const std::string& token) const {
  Must("POST", "auth/token/revoke", {{"token", token}});
}

}  // namespace baokms::testing
