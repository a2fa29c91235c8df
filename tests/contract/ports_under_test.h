// The provider's ports to OpenBao, as adapters/transit_http implements them, with calls that wait.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "adapters/checked_file/posix_file_reader.h"
#include "adapters/transit_http/transport/curl_http_transport.h"
#include "ports/null_telemetry.h"
#include "ports/openbao_auth.h"
#include "ports/transit.h"
#include "tests/support/harness/openbao_under_test.h"
#include "tests/support/ports/machine_clock.h"

namespace baokms::testing {

// A token for a call; never empty.
ports::TokenRef TokenOf(const std::string& value);

// How a call ended, in the words of wire-contract.md, "gRPC status and error class": "ok", or
// "<error class> <gRPC code>".
std::string Words(const core::Error& error);
template <typename T>
std::string Outcome(const core::Result<T>& result) {
  return result ? "ok" : Words(result.error());
}

struct Granted {
  std::string token;
  std::chrono::seconds lease{0};
  bool renewable = false;
};

class PortsUnderTest {
 public:
  struct Place {
    std::string name_space = {};
    std::string transit_mount;
    std::string key_name;
  };
  PortsUnderTest(const OpenBaoUnderTest& openbao, const Place& place);

  using Capabilities = std::map<std::string, std::vector<std::string>>;

  // `version` >= 1: the port knows no other.
  core::Result<core::Ciphertext> Encrypt(const ports::TokenRef& token, const std::string& plaintext,
                                         std::int64_t version, const std::string& aad);
  core::Result<std::string> Decrypt(const ports::TokenRef& token, const std::string& ciphertext,
                                    const std::string& aad);
  struct Plain {
    std::string plaintext;
    std::int64_t version;
    std::string aad;
  };
  struct Sealed {
    std::string ciphertext;
    std::string aad;
  };
  // All at once over one connection, so that most of them share a call. In their order.
  std::vector<core::Result<core::Ciphertext>> EncryptTogether(const ports::TokenRef& token,
                                                              const std::vector<Plain>& all);
  std::vector<core::Result<std::string>> DecryptTogether(const ports::TokenRef& token,
                                                         const std::vector<Sealed>& all);
  // Calls of those two that carried several.
  std::size_t batches() const { return batches_.sent; }
  core::Result<core::TransitKeyMetadata> KeyMetadata(const ports::TokenRef& token);
  core::Result<bool> DisableUpsert(const ports::TokenRef& token);
  core::Result<Capabilities> ReadCapabilities(const ports::TokenRef& token,
                                              const std::vector<std::string>& paths);
  core::Result<Granted> Login(const std::string& auth_mount, const std::string& role,
                              const std::string& jwt);
  core::Result<Granted> Renew(const ports::TokenRef& token, std::chrono::seconds increment);

  // Of each call. A server that is away is waited for as long.
  std::chrono::milliseconds budget{20'000};

 private:
  core::MonotonicTime Deadline() const;

  struct Batches final : ports::NullTelemetry {
    void TransitBatchSent(std::size_t) override { ++sent; }
    std::atomic<std::size_t> sent = 0;
  };
  MachineClock clock_;
  ports::NullTelemetry telemetry_;
  Batches batches_;
  adapters::checked_file::PosixFileReader files_;
  std::unique_ptr<adapters::transit_http::CurlHttpTransport> transit_transport_;
  std::unique_ptr<adapters::transit_http::CurlHttpTransport> auth_transport_;
  std::unique_ptr<adapters::transit_http::CurlHttpTransport> one_connection_;
  std::unique_ptr<ports::TransitPort> transit_;
  std::unique_ptr<ports::TransitPort> transit_over_one_;
  std::unique_ptr<ports::OpenBaoAuth> auth_;
};

}  // namespace baokms::testing
