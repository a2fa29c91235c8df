#include "tests/e2e/support/svid_login.h"

#include "tests/support/harness/harness_error.h"

namespace baokms::e2e {
namespace {

void Must(const Bench& bench, const std::string& path, const Json& data) {
  const testing::AdminReply reply = bench.setup.Admin("POST", path, data);
  if (!reply.ok()) throw testing::HarnessError(path + ": " + reply.text);
}

// What both kinds of role have in common.
Json RoleWith(const Bench& bench, Json role, const Json& more) {
  role.update({{"token_policies", {bench.setup.options().policy}},
               {"token_no_default_policy", true},
               {"token_ttl", 1800},
               {"token_max_ttl", 3600}});
  role.update(more);
  return role;
}

}  // namespace

std::string MountCertAuth(const Bench& bench, const std::string& authority_pem,
                          const std::string& allowed_uri, const Json& role) {
  const std::string mount = "auth/svid-cert-" + bench.setup.options().key_name;
  Must(bench, "sys/" + mount, {{"type", "cert"}});
  Must(
      bench, mount + "/certs/node",
      RoleWith(bench, {{"certificate", authority_pem}, {"allowed_uri_sans", {allowed_uri}}}, role));
  return mount;
}

std::string MountJwtAuth(const Bench& bench, const std::vector<std::string>& key_pems,
                         const std::string& subject, const Json& role) {
  const std::string mount = "auth/svid-jwt-" + bench.setup.options().key_name;
  Must(bench, "sys/" + mount, {{"type", "jwt"}});
  Must(bench, mount + "/config", {{"jwt_validation_pubkeys", key_pems}});
  Must(bench, mount + "/role/node",
       RoleWith(bench,
                {{"role_type", "jwt"},
                 {"user_claim", "sub"},
                 {"bound_audiences", {"openbao"}},
                 {"bound_subject", subject}},
                role));
  return mount;
}

void UseX509Svid(ProviderConfig& config, const std::string& mount, const SvidAgent& agent) {
  const std::string domain = agent.spiffe_id.substr(std::string("spiffe://").size());
  Json& auth = config.tree["auth"];
  auth.erase("jwt");
  auth["method"] = "cert";
  auth["cert"] = {{"mountPath", mount},
                  {"source", "spiffe"},
                  {"name", "node"},
                  {"minRemainingTtl", "1s"},
                  {"clockSkewLeeway", "0s"},
                  {"spiffe",
                   {{"workloadAPISocket", agent.socket},
                    {"spiffeID", agent.spiffe_id},
                    {"trustDomain", domain.substr(0, domain.find('/'))}}}};
  config.Write();
}

void UseJwtSvid(ProviderConfig& config, const std::string& mount, const SvidAgent& agent) {
  config.tree["auth"]["jwt"] = {{"source", "spiffe"},
                                {"mountPath", mount},
                                {"role", "node"},
                                {"minRemainingTtl", "5s"},
                                {"clockSkewLeeway", "5s"},
                                {"expectedAudience", {"openbao"}},
                                {"expectedSubject", agent.spiffe_id},
                                {"spiffe",
                                 {{"workloadAPISocket", agent.socket},
                                  {"spiffeID", agent.spiffe_id},
                                  {"audience", "openbao"}}}};
  config.Write();
}

}  // namespace baokms::e2e
