#include "tests/support/harness/provider_config.h"

#include <unistd.h>

#include "tests/support/harness/free_port.h"
#include "tests/support/harness/planted.h"

namespace baokms::testing {

ProviderConfig::ProviderConfig(const OpenBaoUnderTest& openbao, const OpenBaoSetup& setup)
    : directory_(std::make_unique<TempDirectory>(0750)) {
  Plant(Planted::Kind::kName, "directory", directory_->path());
  directory_->MakeDirectory("run", 0750);
  directory_->MakeDirectory("state", 0750);
  WriteCa(ReadWholeFile(openbao.ca_file()));
  WriteJwt(setup.MintJwt());
  const SetupOptions& names = setup.options();
  const auto local = [] { return "127.0.0.1:" + std::to_string(FreePort()); };
  tree = {
      {"configVersion", "v1alpha1"},
      {"server",
       {{"socketPath", socket()},
        {"socketMode", "0660"},
        {"socketGroup", std::to_string(getgid())},
        {"metricsAddress", local()},
        {"healthAddress", local()}}},
      {"openbao",
       {{"address", openbao.address()},
        {"caCertFile", ca_file()},
        {"tlsServerName", "localhost"},
        {"timeout", "2s"},
        {"instanceId", "openbao-test"}}},
      {"auth",
       {{"method", "jwt"},
        {"loginBeforeTokenExpiry", "30s"},
        {"tokenRenewalIncrement", "30m"},
        {"loginTimeout", "2s"},
        {"jwt",
         {{"source", "file"},
          {"mountPath", names.auth_mount},
          {"role", names.role},
          {"jwtFile", jwt_file()},
          {"minRemainingTtl", "5s"},
          {"clockSkewLeeway", "5s"},
          {"expectedIssuer", names.issuer},
          {"expectedAudience", {names.audience}},
          {"expectedSubject", names.subject}}}}},
      {"transit",
       {{"mountPath", names.transit_mount},
        {"keyName", names.key_name},
        {"keyIdScope",
         {{"providerName", "bao-kms-test"},
          {"clusterId", "cluster-test"},
          {"transitMountId", "mount-test"},
          {"keyLineageId", "lineage-test"}}}}},
      {"bootstrap", {{"graceTimeout", "5s"}, {"retryInterval", "100ms"}}},
      {"status",
       {{"probeInterval", "200ms"}, {"deepProbeInterval", "500ms"}, {"statusMaxStaleness", "3s"}}},
      {"state", {{"path", state_file()}}},
      {"rotation",
       {{"mode", "observed"}, {"activationDelay", "500ms"}, {"requireStableObservationCount", 2}}},
      {"logging", {{"level", "debug"}, {"format", "json"}}}};
  if (!names.name_space.empty()) tree["openbao"]["namespace"] = names.name_space;
  Write();
}

void ProviderConfig::Write() const { WriteText(tree.dump(2)); }

void ProviderConfig::WriteText(std::string_view yaml) const {
  directory_->Write("config.yaml", yaml, 0640);
}

void ProviderConfig::WriteJwt(const std::string& jwt) const {
  directory_->Write("identity.jwt", jwt, 0600);
}

void ProviderConfig::WriteCa(const std::string& pem) const {
  directory_->Write("ca.pem", pem, 0644);
}

std::string ProviderConfig::health_address() const {
  return tree.at("server").value("healthAddress", "");
}

std::string ProviderConfig::metrics_address() const {
  return tree.at("server").value("metricsAddress", "");
}

}  // namespace baokms::testing
