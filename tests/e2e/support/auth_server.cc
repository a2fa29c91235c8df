#include "tests/e2e/support/auth_server.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>
#include <utility>

#include "tests/e2e/support/bench.h"
#include "tests/support/harness/free_port.h"
#include "tests/support/skip.h"

namespace baokms::e2e {
namespace {

constexpr const char* kReady = "ready\n";

// BAOKMS_AUTHSERVER, else the program of this build; empty when neither is there.
std::string Program() {
  const char* named = std::getenv("BAOKMS_AUTHSERVER");
  const std::string path = named != nullptr ? named : BAOKMS_AUTHSERVER_PATH;
  return access(path.c_str(), X_OK) == 0 ? path : "";
}

}  // namespace

bool AuthServer::Skipped() {
  if (!Program().empty()) return false;
  const std::string_view why = BAOKMS_AUTHSERVER_MISSING;
  return testing::SaySkipped("authserver: " +
                             std::string(why.empty() ? "the program was not built" : why));
}

AuthServer::AuthServer(std::string client_id, const std::string& secret)
    : client_id_(std::move(client_id)),
      authority_("authority of the authorisation server"),
      address_("127.0.0.1:" + std::to_string(testing::FreePort())) {
  const auto identity = authority_.Issue({.common_name = "authserver",
                                          .dns_sans = {},
                                          .uri_sans = {},
                                          .ip_sans = {"127.0.0.1"},
                                          .key = {}});
  directory_.Write("server.pem", identity.certificate_pem);
  directory_.Write("server.key", identity.private_key_pem);
  Accept(secret);
  Start();
}

std::string AuthServer::public_key_pem() const {
  const std::string out = process_->Stdout();
  return out.substr(0, out.find(kReady));
}

void AuthServer::Accept(const std::string& secrets) const {
  directory_.Write("secrets", secrets + "\n");
}

void AuthServer::Start() {
  process_ = std::make_unique<testing::ChildProcess>(testing::ChildProcess::Options{
      .argv = {Program(), "--listen", address_, "--certificate", directory_.File("server.pem"),
               "--key", directory_.File("server.key"), "--issuer", url(), "--client-id", client_id_,
               "--secrets-file", directory_.File("secrets")},
      .environment = {},
      .stdout_file = directory_.Write("stdout", ""),
      .stderr_file = directory_.File("stderr"),
      .working_directory = ""});
  REQUIRE(Eventually(Milliseconds(10000), [&] { return process_->Stdout().ends_with(kReady); }));
}

}  // namespace baokms::e2e
