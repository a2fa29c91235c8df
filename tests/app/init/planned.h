// Values files and what `init` makes of them, in memory.
#pragma once

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/config_yaml/load_configuration.h"
#include "app/init/bundle.h"
#include "app/init/plan_installation.h"
#include "tests/support/ports/counting_random.h"

namespace baokms::app {

using Json = nlohmann::json;
using Texts = std::vector<std::string>;

inline constexpr const char* kImage =
    "registry.example:5000/kms@sha256:"
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
inline const InitRequest kPod{
    .model = DeploymentModel::kStaticPod, .image = kImage, .socket_gid = 4711};

// JSON is YAML. All that has no default, and the key's lineage.
inline Json JwtValues() {
  return Json::parse(R"({
    "configVersion": "v1alpha1",
    "openbao": {"address": "https://openbao.example:8200", "tlsServerName": "openbao.example",
                "instanceId": "openbao-prod"},
    "auth": {"method": "jwt",
             "jwt": {"source": "file", "mountPath": "auth/jwt", "role": "kms-node",
                     "expectedIssuer": "https://issuer.example", "expectedAudience": ["openbao"],
                     "expectedSubject": "kms-node"}},
    "transit": {"mountPath": "transit", "keyName": "k8s-prod-etcd",
                "keyIdScope": {"providerName": "openbao", "clusterId": "prod",
                               "transitMountId": "transit-prod", "keyLineageId": "lineage-1"}}
  })");
}

inline Json CertValues() {
  Json values = JwtValues();
  values["auth"] = Json::parse(R"({
    "method": "cert",
    "cert": {"mountPath": "auth/cert", "source": "pkcs11", "name": "kms-node",
             "pkcs11": {"certificateFile": "/etc/openbao-kms/login.pem",
                        "modulePath": "/usr/lib/module.so", "tokenLabel": "token",
                        "keyLabel": "key", "pinFile": "/etc/openbao-kms/pin", "maxSessions": 2}}
  })");
  return values;
}

// "/auth/jwt/role" of "auth.jwt.role".
inline Json::json_pointer Pointer(std::string_view field) {
  std::string pointer = "/" + std::string(field);
  for (char& c : pointer) c = c == '.' ? '/' : c;
  return Json::json_pointer(pointer);
}

// As in a build that has every login.
inline constexpr adapters::config_yaml::AvailableSources kEverySource{
    .jwt_spiffe = adapters::config_yaml::SourceState::kAvailable,
    .cert_pkcs11 = adapters::config_yaml::SourceState::kAvailable,
    .cert_spiffe = adapters::config_yaml::SourceState::kAvailable};

inline auto PlanText(std::string_view values, const InitRequest& request = {}) {
  testing::CountingRandom random;
  return PlanInstallation(values, request, kEverySource, random);
}
inline auto Plan(const Json& values, const InitRequest& request = {}) {
  return PlanText(values.dump(), request);
}

// REQUIREs that it can be planned.
inline Installation Planned(const Json& values, const InitRequest& request = {}) {
  auto installation = Plan(values, request);
  if (!installation) MESSAGE(adapters::config_yaml::FormatProblems(installation.error()));
  REQUIRE(installation.has_value());
  return std::move(*installation);
}

// "field: message" of each problem; REQUIREs that there are some.
inline std::vector<std::string> Problems(const Json& values, const InitRequest& request = {}) {
  const auto installation = Plan(values, request);
  REQUIRE_FALSE(installation.has_value());
  std::vector<std::string> problems;
  for (const auto& problem : installation.error()) {
    problems.push_back(problem.field + ": " + problem.message);
  }
  return problems;
}

inline std::vector<BundleFile> Bundled(const Installation& installation) {
  auto files = MakeBundle(installation, {.sources = kEverySource, .allowed_socket_parents = {}});
  if (!files) MESSAGE(files.error());
  REQUIRE(files.has_value());
  return std::move(*files);
}

inline const BundleFile& FileOf(const std::vector<BundleFile>& files, std::string_view name) {
  for (const BundleFile& file : files) {
    if (file.name == name) return file;
  }
  FAIL("the bundle has no " << name);
  return files.front();
}

inline core::Configuration LoadBack(const std::vector<BundleFile>& files) {
  const auto none = [](const std::string&) { return std::optional<std::string>(); };
  const auto loaded = adapters::config_yaml::LoadConfiguration(
      FileOf(files, "config.yaml").content, {}, none,
      {.sources = kEverySource, .allowed_socket_parents = {}});
  REQUIRE(loaded.has_value());
  return *loaded;
}

}  // namespace baokms::app
