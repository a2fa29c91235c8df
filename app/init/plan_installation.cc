#include "app/init/plan_installation.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <utility>

#include "adapters/config_yaml/decode.h"
#include "adapters/config_yaml/field_table.h"
#include "adapters/config_yaml/text_rules.h"
#include "app/configuration/policy_commands.h"
#include "app/init/hidden_character.h"
#include "core/text/hex.h"
#include "core/wire/configuration_fingerprint.h"

namespace baokms::app {
namespace {

namespace config_yaml = adapters::config_yaml;
using config_yaml::Draft;

constexpr const char* kLineageField = "transit.keyIdScope.keyLineageId";
// The lease that openbao-setup.sh gives a role.
constexpr std::chrono::minutes kTokenTtl{30};

// 128 bits.
std::string NewLineageId(ports::Random& random) {
  std::array<char, 16> bytes{};
  random.Fill(bytes);
  std::string hex;
  for (const char c : bytes) core::AppendHex(hex, static_cast<unsigned char>(c));
  return hex;
}

void FillIn(const InitRequest& request, ports::Random& random, Draft& draft) {
  core::Configuration& values = draft.value;
  const bool static_pod = request.model == DeploymentModel::kStaticPod;
  const auto fill = [&](std::string_view field, std::string& value, std::string_view with) {
    if (!draft.written.contains(field)) value = with;
  };
  fill("openbao.caCertFile", values.openbao.ca_cert_file, "/etc/openbao-kms/tls/ca.crt");
  if (values.auth.method == core::AuthMethod::kJwt &&
      values.auth.jwt.source == core::JwtSource::kFile) {
    fill("auth.jwt.jwtFile", values.auth.jwt.jwt_file,
         static_pod ? "/var/lib/openbao-kms/credentials/identity.jwt"
                    : "/var/lib/openbao-kms/identity.jwt");
  }
  if (static_pod) {
    values.server.socket_group = std::to_string(request.socket_gid);
  } else {
    fill("server.socketGroup", values.server.socket_group, "openbao-kms-socket");
  }
  std::string& lineage = values.transit.key_id_scope.key_lineage_id;
  if (!request.new_key) return;
  if (draft.written.contains(kLineageField)) {
    draft.Complain(kLineageField,
                   "--new-key generates a new keyLineageId: omit the field for a new key, or omit "
                   "--new-key for the key that it identifies");
  } else {
    lineage = NewLineageId(random);
  }
}

void RefuseHidden(Draft& draft) {
  const auto check = [&](const config_yaml::Field& field, const std::string& text) {
    if (!HoldsHidden(text)) return true;
    // A control character has been named already.
    if (std::ranges::find(draft.problems, field.name, &config_yaml::ConfigProblem::field) !=
        draft.problems.end()) {
      return false;
    }
    draft.Complain(field.name,
                   "must not contain invisible characters, because a reader of the bundle would "
                   "not notice them");
    return false;
  };
  for (const config_yaml::Field& field : config_yaml::Fields()) {
    if (const auto* text = std::get_if<config_yaml::TextSlot>(&field.slot)) {
      check(field, (*text)(draft.value));
    } else if (const auto* list = std::get_if<config_yaml::TextListSlot>(&field.slot)) {
      for (const std::string& entry : (*list)(draft.value)) {
        if (!check(field, entry)) break;
      }
    }
  }
}

// node-setup.sh makes the directories of files, and a static pod mounts them.
void CheckPaths(Draft& draft) {
  for (const config_yaml::Field& field : config_yaml::Fields()) {
    const auto* text = std::get_if<config_yaml::TextSlot>(&field.slot);
    const bool names_a_file = text != nullptr && field.rule == config_yaml::TextRule::kAbsolutePath;
    if (!names_a_file || !config_yaml::BranchHolds(field.branch, draft.value)) continue;
    const std::string& path = (*text)(draft.value);
    if (path.empty() || config_yaml::CheckAbsolutePath(path)) continue;  // said already
    if (const auto complaint = config_yaml::CheckCleanPath(path)) {
      draft.Complain(field.name, *complaint);
    } else if (path.rfind('/') == 0) {
      draft.Complain(field.name,
                     "must not be directly in '/': the node's setup creates its directory");
    }
  }
}

// OpenBao takes no other names there; a '/' would name another path.
void CheckRole(std::string_view field, const std::string& role, Draft& draft) {
  if (role.empty()) return;
  if (config_yaml::CheckKeyName(role)) {
    draft.Complain(field,
                   "must be letters, digits, '_', '.' or '-', with a letter, a digit or '_' at "
                   "both ends: OpenBao allows no other role names");
  }
}

void CheckLogin(const InitRequest& request, Draft& draft) {
  const core::AuthConfiguration& auth = draft.value.auth;
  const auto require = [&](bool given, std::string_view field, const char* why) {
    if (!given) draft.Complain(field, std::string("is required: ") + why);
  };
  if (auth.method == core::AuthMethod::kJwt) {
    constexpr const char* kWhy = "the role in OpenBao is created for it";
    if (auth.jwt.source != core::JwtSource::kOauth2) {  // said already
      require(!auth.jwt.expected_issuer.empty(), "auth.jwt.expectedIssuer", kWhy);
    }
    if (auth.jwt.source == core::JwtSource::kFile) {
      require(!auth.jwt.expected_audience.empty(), "auth.jwt.expectedAudience", kWhy);
    }
    require(!auth.jwt.expected_subject.empty(), "auth.jwt.expectedSubject", kWhy);
    CheckRole("auth.jwt.role", auth.jwt.role, draft);
  } else {
    if (request.model == DeploymentModel::kStaticPod) {
      draft.Complain("auth.method", "must be jwt with --model static-pod");
    }
    require(!auth.cert.name.empty(), "auth.cert.name", "the role in OpenBao gets this name");
    CheckRole("auth.cert.name", auth.cert.name, draft);
  }
  if (auth.login_before_token_expiry >= kTokenTtl) {
    draft.Complain("auth.loginBeforeTokenExpiry",
                   "must be below 30m, which is the lease that the role in OpenBao gives");
  }
}

// kube-apiserver reads the endpoint as a URL.
void CheckKubernetesNames(Draft& draft) {
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._-";
  if (draft.value.server.socket_path.find_first_not_of(kPlain) != std::string::npos) {
    draft.Complain(
        "server.socketPath",
        "must be letters, digits, '/', '.', '_' and '-': it becomes part of a URL in the "
        "EncryptionConfiguration");
  }
  if (draft.value.transit.key_id_scope.provider_name.contains(':')) {
    draft.Complain("transit.keyIdScope.providerName",
                   "must not contain ':': Kubernetes refuses it in a kms provider's name");
  }
}

std::string PolicyName(const InitRequest& request, Draft& draft) {
  if (!request.policy_name.empty()) return request.policy_name;  // judged as a flag
  const std::string& cluster = draft.value.transit.key_id_scope.cluster_id;
  std::string name = "openbao-kms-" + cluster;
  if (!cluster.empty() && !CheckPolicyName(name).empty()) {
    draft.Complain("transit.keyIdScope.clusterId",
                   "cannot be used as it is in the policy's name; give --policy-name");
  }
  return name;
}

void ExplainMissingLineage(Draft& draft) {
  for (config_yaml::ConfigProblem& problem : draft.problems) {
    if (problem.field == kLineageField && problem.message == "is required") {
      problem.message += "; for a key that does not exist yet give --new-key";
    }
  }
}

}  // namespace

std::expected<Installation, config_yaml::ConfigProblems> PlanInstallation(
    std::string_view values, const InitRequest& request,
    const config_yaml::AvailableSources& sources, ports::Random& random) {
  Draft draft = config_yaml::DecodeDocument(values);
  if (!draft.readable) return std::unexpected(std::move(draft.problems));
  FillIn(request, random, draft);
  config_yaml::SettleDependentDefaults(draft);
  config_yaml::Validate(
      {.sources = sources, .allowed_socket_parents = request.allowed_socket_parents}, draft);
  ExplainMissingLineage(draft);
  RefuseHidden(draft);
  CheckPaths(draft);
  CheckLogin(request, draft);
  CheckKubernetesNames(draft);
  std::string policy_name = PolicyName(request, draft);
  const core::TransitConfiguration& transit = draft.value.transit;
  const auto policy = OpenBaoPolicy(transit.mount_path, transit.key_name, TokenRenewal::kIncluded);
  if (!policy) draft.Complain("transit.mountPath", policy.error());
  if (!draft.problems.empty()) return std::unexpected(std::move(draft.problems));
  std::string fingerprint = core::ConfigurationFingerprint(IdentityOf(draft.value));
  return Installation{.model = request.model,
                      .configuration = std::move(draft.value),
                      .identity_fingerprint = std::move(fingerprint),
                      .policy_name = std::move(policy_name),
                      .new_key = request.new_key,
                      .image = request.image,
                      .socket_gid = request.socket_gid};
}

}  // namespace baokms::app
