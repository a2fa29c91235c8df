#include "adapters/config_yaml/report.h"

#include <doctest/doctest.h>

#include "tests/adapters/config_yaml/sample_files.h"

namespace {

using namespace baokms::adapters::config_yaml;
using namespace baokms::tests;

TEST_CASE("Config report: the known lines first, then the rest by full name") {
  const auto report = RenderConfigReport(*Load(kPkcs11Sample), "cfg1.x");
  CHECK(
      report.starts_with("configVersion: v1alpha1\n"
                         "socketPath: /var/run/openbao-kms/node/kms.sock\n"
                         "metricsAddress:\n"
                         "healthAddress: 127.0.0.1:8082\n"
                         "authMethod: cert\n"
                         "identityFingerprint: cfg1.x\n"
                         "server.socketMode: 0600\n"));
  CHECK(report.find("\nserver.allowedPeers.uids: []\n") != std::string::npos);
  CHECK(report.find("\nauth.loginTimeout: 5s\n") != std::string::npos);
  CHECK(report.find("\nauth.cert.minRemainingTtl: 48h\n") != std::string::npos);
  CHECK(report.find("\nauth.jwt.") == std::string::npos);
  CHECK(report.find("\nserver.socketPath") == std::string::npos);
  CHECK(report.ends_with("\n"));
}

TEST_CASE("Config report: no fingerprint, no line") {
  CHECK(RenderConfigReport(*Load(kJwtFileSample), std::nullopt).find("identityFingerprint") ==
        std::string::npos);
}

TEST_CASE("Config report: a control character in an unvalidated value is shown, not sent") {
  const auto resolved = ResolveConfiguration("configVersion: \"v1\\n\\x1b[2Jforged: line\"\n",
                                             Overrides{}, EnvLookup{});
  REQUIRE(resolved.has_value());
  CHECK(RenderConfigReport(*resolved, std::nullopt)
            .starts_with("configVersion: v1\\x0a\\x1b[2Jforged: line\nsocketPath"));
}

}  // namespace
