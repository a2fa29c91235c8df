// security-and-deployment.md, "Landlock and seccomp": which directories and ports a configuration
// needs. What the kernel makes of them: tests/e2e/serve/confinement_test.cc.
#include "app/serve/confinement.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "tests/support/harness/temp_directory.h"

namespace baokms::app {
namespace {

core::Configuration Plain() {
  core::Configuration configuration;
  configuration.openbao.address = "https://bao.example:8200";
  configuration.openbao.ca_cert_file = "/etc/openbao-kms/tls/ca.pem";
  configuration.auth.jwt.jwt_file = "/run/credentials/jwt/token";
  configuration.server.socket_path = "/run/openbao-kms/kms.sock";
  configuration.server.health_address = "127.0.0.1:8081";
  configuration.server.metrics_address = "[::1]:9090";
  configuration.state.path = "/var/lib/openbao-kms/state/key-registry.json";
  return configuration;
}

bool Has(const std::vector<std::string>& directories, const std::string& directory) {
  return std::ranges::find(directories, directory) != directories.end();
}

using Ports = std::vector<std::uint16_t>;

TEST_CASE("Needed access: the directory of each file that the configuration names") {
  const LandlockRules rules = NeededAccess(Plain(), "/etc/openbao-kms/config.yaml");
  for (const char* directory :
       {"/etc/openbao-kms", "/etc/openbao-kms/tls", "/run/credentials/jwt"}) {
    CAPTURE(directory);
    CHECK(Has(rules.readable, directory));
    CHECK_FALSE(Has(rules.writable, directory));
  }
  CHECK(rules.writable ==
        std::vector<std::string>{"/run/openbao-kms", "/var/lib/openbao-kms/state"});
  CHECK_FALSE(rules.foreign_module);
}

TEST_CASE("Needed access: of the system only what is there") {
  const LandlockRules rules = NeededAccess(Plain(), "");
  CHECK(Has(rules.readable, "/etc"));
  for (const std::string& directory : rules.readable) {
    if (directory.starts_with("/etc/") || directory.starts_with("/run/cred")) continue;
    CAPTURE(directory);
    CHECK(std::filesystem::is_directory(directory));
  }
}

TEST_CASE("Needed access: a link's own directory and the one that it leads to") {
  const testing::TempDirectory directory;
  std::filesystem::create_directories(directory.File("data/real"));
  std::filesystem::create_directories(directory.File("links"));
  std::ofstream(directory.File("data/real/token")) << "x";
  std::filesystem::create_symlink(directory.File("data/real/token"), directory.File("links/token"));
  core::Configuration configuration = Plain();
  configuration.auth.jwt.jwt_file = directory.File("links/token");
  const LandlockRules rules = NeededAccess(configuration, "");
  CHECK(Has(rules.readable, directory.File("links")));
  CHECK(Has(rules.readable, std::filesystem::canonical(directory.File("data/real"))));
}

TEST_CASE("Needed access: the ports of every address and of DNS") {
  core::Configuration configuration = Plain();
  CHECK(NeededAccess(configuration, "").connect_ports == Ports{53, 8200});
  CHECK(NeededAccess(configuration, "").listen_ports == Ports{8081, 9090});

  configuration.openbao.failover_addresses = {"https://other.example", "https://[::1]:8300/bao"};
  configuration.auth.jwt.oauth2.token_url = "https://id.example:9443/token?tenant=1";
  configuration.auth.jwt.oauth2.proxy_url = "http://proxy.example:3128";
  configuration.server.metrics_address = "";
  CHECK(NeededAccess(configuration, "").connect_ports == Ports{53, 8200, 443, 8300, 9443, 3128});
  CHECK(NeededAccess(configuration, "").listen_ports == Ports{8081});
}

TEST_CASE("Needed access: with a PKCS#11 module the rules are not enforced") {
  core::Configuration configuration = Plain();
  configuration.auth.cert.source = core::CertSource::kPkcs11;
  CHECK_FALSE(NeededAccess(configuration, "").foreign_module);  // not the method in use
  configuration.auth.method = core::AuthMethod::kCert;
  CHECK(NeededAccess(configuration, "").foreign_module);
}

}  // namespace
}  // namespace baokms::app
