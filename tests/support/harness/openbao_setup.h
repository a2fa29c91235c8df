// The one set-up of OpenBao for this provider, through the admin API, the same on the emulator and
// on the real server: mount, key, disable_upsert, JWT login, role, least-privilege policy.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/emulator/jwt.h"
#include "tests/support/harness/openbao_under_test.h"

namespace baokms::testing {

struct SetupOptions {
  std::string name_space = {};  // empty: the root namespace; else made when it is not there
  std::string transit_mount = "transit";
  std::string key_name = "k8s-test";
  std::string auth_mount = "auth/jwt";
  std::string role = "bao-kms";
  std::string policy = "bao-kms";
  std::string issuer = "https://issuer.test.invalid";
  std::string audience = "openbao";
  std::string subject = "bao-kms-provider";
  std::chrono::seconds token_ttl{1800};
  std::chrono::seconds token_max_ttl{3600};
  emulator::SigningKeyKind signing_key = emulator::SigningKeyKind::kEcP256;
};

// Throws HarnessError when OpenBao refuses. `openbao` outlives it. Mounts, methods and namespaces
// that are there already are used: several set-ups may share them.
class OpenBaoSetup {
 public:
  explicit OpenBaoSetup(OpenBaoUnderTest& openbao, SetupOptions options = {});

  const SetupOptions& options() const { return options_; }

  // Compact JWT of the trusted key: iss, aud, sub, iat, nbf and exp as the role wants them, changed
  // by `claims` (null leaves one out). A negative `valid` has expired already.
  std::string MintJwt(const Json& claims = Json::object(),
                      std::chrono::seconds valid = std::chrono::hours(1)) const;
  // A JWT that OpenBao does not trust: right claims, another key.
  std::string MintForeignJwt() const;
  // Logs in with a fresh JWT; the client token.
  std::string Login(const std::string& role = "") const;

  // Keys; an empty name is the configured one.
  void CreateKey(const std::string& name = "", const Json& data = Json::object()) const;
  void RotateKey(const std::string& name = "") const;
  void ConfigureKey(const Json& data, const std::string& name = "") const;
  void SetMinDecryptionVersion(std::int64_t version, const std::string& name = "") const;
  void SetMinEncryptionVersion(std::int64_t version, const std::string& name = "") const;
  // Forgets versions below; both minima must be there already.
  void Trim(std::int64_t min_available_version, const std::string& name = "") const;
  void DeleteKey(const std::string& name = "") const;
  std::int64_t LatestVersion(const std::string& name = "") const;
  void SetDisableUpsert(bool disabled) const;

  // Roles and policies. `changes` is merged over the standard role.
  void CreateRole(const std::string& role, const Json& changes = Json::object()) const;
  void DeleteRole(const std::string& role = "") const;
  // HCL; empty: the least-privilege policy for `key_name`.
  void SetPolicy(const std::string& hcl = "") const;
  std::string LeastPrivilegePolicy(const std::vector<std::string>& key_names) const;
  void RevokeAllTokens() const;
  void RevokeToken(const std::string& token) const;

  AdminReply Admin(const std::string& method, const std::string& path,
                   const Json& data = Json()) const {
    return openbao_.Admin(method, path, data, options_.name_space);
  }

 private:
  void Must(const std::string& method, const std::string& path, const Json& data) const;
  void Mount(const std::string& path, const std::string& type) const;
  std::string KeyPath(const std::string& name) const;

  OpenBaoUnderTest& openbao_;
  SetupOptions options_;
  emulator::SharedPkey signing_key_;
};

}  // namespace baokms::testing
