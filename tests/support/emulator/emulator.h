// An OpenBao of our own for tests: the part of OpenBao that the provider uses, over real TLS with
// real cryptography, with faults on demand. Keys live in memory: no place for real ones.
#pragma once

#include <atomic>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "tests/support/emulator/certificates.h"
#include "tests/support/emulator/clock.h"
#include "tests/support/emulator/counters.h"
#include "tests/support/emulator/faults.h"
#include "tests/support/emulator/http_server.h"
#include "tests/support/emulator/release.h"
#include "tests/support/emulator/router.h"
#include "tests/support/emulator/tls_identity.h"

namespace baokms::emulator {

// All public methods may be called from any thread once Start has returned.
class Emulator {
 public:
  struct Options {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;  // 0: any free one
    std::uint16_t control_port = 0;
    bool with_control_port = true;
    std::size_t max_connections = 512;
    std::string root_token = "root";
    Release release;
    TlsOptions tls;
  };

  explicit Emulator(Options options);
  ~Emulator();
  Emulator(const Emulator&) = delete;
  Emulator& operator=(const Emulator&) = delete;

  // The TLS port. Ignores SIGPIPE for the whole process.
  std::expected<std::uint16_t, std::string> Start();
  void Stop();

  // "https://127.0.0.1:PORT" and "http://127.0.0.1:PORT".
  std::string Address() const;
  std::string ControlAddress() const;

  // OpenBao's API without HTTP, as the root token: for setting things up in process.
  struct ApiReply {
    int status = 0;
    Json body;
  };
  ApiReply Api(const std::string& method, const std::string& path, const Json& data = Json(),
               const std::string& name_space = "");

  // The control API in process: what POST /emulator/<path> does over HTTP (README.md).
  ApiReply Control(const std::string& method, const std::string& path,
                   const Json& data = Json::object());

  // The same by name, for what tests use most.
  std::expected<void, std::string> QueueFault(const Json& fault);
  void ClearFaults() { faults_.Clear(); }
  void SetClockOffsetSeconds(std::int64_t seconds) { clock_.SetOffsetMillis(seconds * 1000); }
  void SetSealed(bool sealed) { router_.availability().SetSealed(sealed); }
  Json CountersJson() const { return counters_.Totals(); }
  std::uint64_t Requests(std::string_view operation) const;
  void ResetCounters() { counters_.Reset(); }

  // A JWT signed by the emulator's own issuer key; iat, nbf and exp are added unless given.
  std::string MintJwt(const Json& claims, std::int64_t valid_seconds = 86400);
  std::string IssuerPublicKeyPem() const { return PublicKeyPem(issuer_key_.get()); }

  // A client certificate of the emulator's own client CA.
  CertificateAndKey IssueClientCertificate(LeafRequest request) const;
  const std::string& ClientCaPem() const { return client_authority_.pem(); }

  TlsIdentity& tls() { return tls_; }
  Router& router() { return router_; }
  Clock& clock() { return clock_; }

 private:
  friend class ControlApi;

  bool ServeApi(const HttpRequest& request, Connection& connection);
  bool ServeControl(const HttpRequest& request, Connection& connection);

  Options options_;
  Clock clock_;
  Router router_;
  Counters counters_;
  FaultQueue faults_;
  TlsIdentity tls_;
  SharedPkey issuer_key_;
  CertificateAuthority client_authority_;
  std::unique_ptr<HttpServer> api_;
  std::unique_ptr<HttpServer> control_;
  std::uint16_t port_ = 0;
  std::uint16_t control_port_ = 0;
};

}  // namespace baokms::emulator
