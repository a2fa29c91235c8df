#include "app/init/openbao_setup_script.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "app/build_info.h"
#include "app/init/shell_quoted.h"
#include "core/text/json_string.h"

namespace baokms::app {

extern const std::string_view kOpenBaoSetupBody;  // openbao_setup.sh

namespace {

// Names and JSON values, in the form in which `bao` prints them: two-space indent, `<`, `>` and `&`
// escaped. The script writes them and compares what is there with them.
using Settings = std::vector<std::pair<std::string_view, std::string>>;

std::string JsonList(const std::vector<std::string>& texts) {
  std::string list = "[";
  for (const std::string& text : texts) {
    list += (list.size() > 1 ? ",\n  " : "\n  ") + core::JsonString(text);
  }
  return list + "\n]";
}

// OpenBao keeps the names of policies in lower case.
std::string AsOpenBaoKeeps(std::string policy_name) {
  std::ranges::transform(policy_name, policy_name.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  return policy_name;
}

// What every role gives; what is not set must not be set (null).
Settings TokenSettings(const Installation& installation) {
  return {{"token_policies", JsonList({AsOpenBaoKeeps(installation.policy_name)})},
          {"token_no_default_policy", "true"},
          {"token_ttl", "1800"},
          {"token_max_ttl", "3600"},
          {"token_explicit_max_ttl", "0"},
          {"token_period", "0"},
          {"token_num_uses", "0"},
          {"token_bound_cidrs", "[]"},
          {"token_type", "\"default\""}};
}

Settings JwtRole(const core::JwtConfiguration& jwt) {
  return {{"role_type", "\"jwt\""},
          {"user_claim", "\"sub\""},
          {"bound_audiences", JsonList(jwt.expected_audience)},
          {"bound_subject", core::JsonString(jwt.expected_subject)},
          {"bound_claims", "null"}};
}

Settings CertRole(const core::CertConfiguration& cert) {
  Settings settings = {{"allowed_names", "null"},
                       {"allowed_dns_sans", "null"},
                       {"allowed_email_sans", "null"},
                       {"allowed_organizational_units", "null"},
                       {"required_extensions", "null"}};
  if (cert.source == core::CertSource::kSpiffe) {
    settings.emplace_back("allowed_uri_sans", JsonList({cert.spiffe.spiffe_id}));
    settings.emplace_back("allowed_common_names", "null");
  } else {
    settings.emplace_back("allowed_uri_sans", "null");
  }
  return settings;
}

}  // namespace

std::string OpenBaoSetupScript(const Installation& installation, std::string_view policy) {
  const core::Configuration& configuration = installation.configuration;
  const core::AuthConfiguration& auth = configuration.auth;
  const bool jwt = auth.method == core::AuthMethod::kJwt;
  const bool pkcs11 = !jwt && auth.cert.source == core::CertSource::kPkcs11;
  while (policy.ends_with('\n')) policy.remove_suffix(1);  // as $(...) has it

  Settings role = jwt ? JwtRole(auth.jwt) : CertRole(auth.cert);
  std::ranges::move(TokenSettings(installation), std::back_inserter(role));
  std::string script =
      // -p: no BASH_ENV and no functions of whoever runs it.
      "#!/bin/bash -p\n# Sets up OpenBao for bao-kms-provider; see --help. Written by "
      "bao-kms-provider " +
      std::string(kVersion) + " init.\n" +
      ShellAssignment("fingerprint", installation.identity_fingerprint) +
      ShellAssignment("address", configuration.openbao.address) +
      ShellAssignment("namespace", configuration.openbao.openbao_namespace) +
      ShellAssignment("transit_mount", configuration.transit.mount_path) +
      ShellAssignment("key_name", configuration.transit.key_name) +
      ShellAssignment("new_key", installation.new_key ? "true" : "false") +
      ShellAssignment("policy_name", installation.policy_name) + ShellAssignment("policy", policy) +
      ShellAssignment("auth_method", jwt ? "jwt" : "cert") +
      ShellAssignment("auth_mount", jwt ? auth.jwt.mount_path : auth.cert.mount_path) +
      ShellAssignment("issuer", jwt ? core::JsonString(auth.jwt.expected_issuer) : "") +
      ShellAssignment("common_names_needed", pkcs11 ? "true" : "false") +
      ShellAssignment("role", jwt ? auth.jwt.role : auth.cert.name) + "role_settings=(\n";
  for (const auto& [name, value] : role) {
    script += "  " + std::string(name) + " " + ShellQuoted(value) + "\n";
  }
  return script + ")\n\n" + std::string(kOpenBaoSetupBody);
}

}  // namespace baokms::app
