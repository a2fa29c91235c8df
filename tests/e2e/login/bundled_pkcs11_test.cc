// `init` for a login with a certificate whose key is in a PKCS#11 token.
#include <doctest/doctest.h>

#include "tests/e2e/support/bundled_node.h"
#include "tests/e2e/support/pkcs11_node.h"

namespace baokms::e2e {
namespace {

TEST_CASE("PKCS11: from values to a node that serves by way of init") {
  if (SkippedWithoutBao()) return;
  Bench bench;
  BundledNode bundled(bench);
  // Its token, certificate and authority are taken over; its auth method is not.
  const Pkcs11Node made;
  Json& cert = bundled.values["auth"];
  const std::string mount = "auth/cert-of-" + bundled.key_name();
  cert = made.config.tree["auth"];
  cert["cert"]["mountPath"] = mount;
  cert["cert"]["name"] = "kms-node";
  bundled.Init({"--new-key"});

  const testing::TempDirectory& directory = bundled.node.config.directory();
  const std::string ca = directory.Write("client-ca.pem", made.authority_pem());
  CHECK(bundled.Setup({"all"}).said.contains("give\n--client-ca FILE"));
  CHECK(bundled.Setup({"all", "--client-ca", ca}).said.contains("give --allowed-common-name"));
  CHECK_FALSE(bundled.Admin("GET", bundled.key()).ok());
  const std::vector<std::string> all{"all", "--client-ca", ca, "--allowed-common-name", "node"};
  bundled.MustSetup(all);
  const Json role = bundled.Admin("GET", mount + "/certs/kms-node").data();
  CHECK(role.at("allowed_common_names") == Json{"node"});
  CHECK(role.at("token_ttl") == 1800);
  CHECK(role.at("token_no_default_policy") == true);
  bundled.CheckServes();
  CHECK_FALSE(bundled.MustSetup(all).contains("made\n"));
  bundled.MustSetup({"all"});

  const ScriptResult other =
      bundled.Setup({"auth-role", "--client-ca", ca, "--allowed-common-name", "another"});
  CHECK(other.code == 1);
  CHECK(other.said.contains("allowed_common_names is [\n  \"node\"\n]"));
}

}  // namespace
}  // namespace baokms::e2e
