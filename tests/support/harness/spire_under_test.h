// A real SPIRE server and agent on this machine, for one trust domain: join token, unix workload
// attestor, everything in a directory of its own.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/harness/child_process.h"
#include "tests/support/harness/http_client.h"
#include "tests/support/harness/temp_directory.h"

namespace baokms::testing {

// Both `spire-server` and `spire-agent` are on PATH.
bool HasSpire();
// The path of the second one.
std::string SpireAgentProgram();
// For a test that skips: what is missing and how to get it.
std::string HowToGetSpire();

struct SpireEntry {
  std::string path;           // of the SPIFFE ID: "/kms"
  std::string dns_name = {};  // empty: none, and so no Common Name
  std::chrono::seconds x509_ttl{3600};
  std::string node = "/node";  // of the agent that hands it out: this class's own, or another one
  std::optional<unsigned> uid = {};  // of the processes that get it; none: this process's
};

class SpireUnderTest {
 public:
  // Started and attested. Throws HarnessError.
  SpireUnderTest();
  ~SpireUnderTest();

  static constexpr const char* kTrustDomain = "example.org";
  std::string IdOf(const SpireEntry& entry) const {
    return std::string("spiffe://") + kTrustDomain + entry.path;
  }
  std::string agent_socket() const { return directory_.File("agent.sock"); }
  std::string server_socket() const { return directory_.File("server.sock"); }

  // Returns once this class's own agent hands it out; at once when it is for another one.
  void CreateEntry(const SpireEntry& entry);
  // For another agent: its configuration, with data in `directory` and its socket at `socket`, and
  // a join token for the node `path`.
  std::string AgentConfiguration(const std::string& directory, const std::string& socket) const;
  std::string MakeJoinToken(const std::string& path) const;
  // The trust domain's X.509 authorities, and its JWT keys.
  std::string bundle_pem() const;
  std::vector<std::string> jwt_key_pems() const;

  // Away, and back with the same data.
  void StopAgent();
  void StartAgent();

 private:
  // Standard output of `spire-server <arguments> -socketPath ...`.
  std::string Server(std::vector<std::string> arguments) const;
  bool AgentHandsOut(const std::string& spiffe_id) const;

  TempDirectory directory_;
  std::string port_;
  std::unique_ptr<ChildProcess> server_;
  std::unique_ptr<ChildProcess> agent_;
  std::string join_token_;
};

}  // namespace baokms::testing
