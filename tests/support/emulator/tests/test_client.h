// A libcurl client for the emulator's own tests: another implementation of HTTP and TLS than the
// one under test.
#pragma once

#include <curl/curl.h>

#include <memory>
#include <string>

#include "tests/support/emulator/emulator.h"

namespace baokms::emulator {

struct Answer {
  CURLcode code = CURLE_OK;
  int status = 0;
  std::string headers;
  std::string text;
  Json json;

  std::string error() const;  // the first text of "errors"
};

// One connection, kept alive between requests.
class TestClient {
 public:
  TestClient(std::string address, std::string ca_pem);

  TestClient& Token(std::string token);
  TestClient& Namespace(std::string name_space);
  TestClient& Certificate(const CertificateAndKey& pair);
  TestClient& TimeoutMillis(long timeout);

  Answer Send(const std::string& method, const std::string& path, const std::string& body);
  Answer Get(const std::string& path) { return Send("GET", path, ""); }
  Answer Post(const std::string& path, const Json& data = Json::object()) {
    return Send("POST", path, data.dump());
  }
  Answer Delete(const std::string& path) { return Send("DELETE", path, ""); }

 private:
  struct CurlDeleter {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
  };

  std::string address_;
  std::string ca_pem_;
  std::string token_;
  std::string name_space_;
  CertificateAndKey pair_;
  long timeout_ = 5000;
  std::unique_ptr<CURL, CurlDeleter> curl_;
};

// A running emulator with mount transit, key k, a policy p that may use them, and JWT auth with
// role r (audience aud, subject me).
struct RunningEmulator {
  explicit RunningEmulator(Release release = {});

  TestClient Client() { return TestClient(emulator.Address(), emulator.tls().ca_pem()); }
  TestClient Root() { return std::move(Client().Token("root")); }
  Answer JwtLogin(const Json& claims = Json::object(), const std::string& role = "r");
  // A token with policy p.
  std::string LoginToken();

  Emulator emulator;
};

}  // namespace baokms::emulator
