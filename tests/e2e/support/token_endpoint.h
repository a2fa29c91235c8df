// A token endpoint whose behaviour the test sets, over TLS with an authority of its own.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "tests/adapters/transit_http/scripted_tls_server.h"
#include "tests/e2e/support/bench.h"

namespace baokms::e2e {

class TokenEndpoint {
 public:
  // That of its certificate, beside 127.0.0.1; it resolves nowhere.
  static constexpr const char* kName = "idp.invalid";

  // Grants tokens that the bench's OpenBao accepts to clients that show `secret`.
  TokenEndpoint(const Bench& bench, std::string client_id, std::string secret);

  // `config` set to source oauth2 with this endpoint, and written; client_secret_basic.
  void Configure(ProviderConfig& config) const;
  // What the provider finds from now on; by rename.
  static void WriteSecret(const ProviderConfig& config, const std::string& content);

  // The one secret that is valid from now on.
  void Accept(std::string secret);
  // What every request gets from now on instead of a grant; null: grants again.
  void Instead(std::function<void(tests::Wire&)> reply);
  void InsteadReply(int status, const std::string& body = "{}");
  // Claims of further tokens, as OpenBaoSetup::MintJwt takes them.
  void ExpiresAfter(std::chrono::seconds valid);

  int port() const { return server_.port(); }
  std::size_t requests() const { return server_.requests().size(); }
  std::vector<std::string> tokens() const;  // granted so far
  const std::string& ca_pem() const { return authority_.certificate_pem; }

 private:
  void Serve(const tests::SeenRequest& request, tests::Wire& wire);

  const testing::OpenBaoSetup& setup_;
  const std::string client_id_;
  const tests::Identity authority_;
  mutable std::mutex mutex_;
  std::string secret_;
  std::function<void(tests::Wire&)> instead_;
  std::chrono::seconds valid_{3600};
  std::vector<std::string> tokens_;
  tests::ScriptedTlsServer server_;  // last: its threads read the rest
};

}  // namespace baokms::e2e
