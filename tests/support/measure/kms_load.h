// Load on a KMS v2 socket by a client that takes as little of the machine as gRPC allows: one
// channel, one completion queue, the caller's thread, requests that were built before.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/support/measure/load.h"

namespace baokms::testing {

// A request as it is on the wire.
struct KmsCall {
  std::string name;    // "Status", "Encrypt", "Decrypt"
  std::string method;  // "/v2.KeyManagementService/Status"
  std::string request;
  // Of other objects: calls in flight at one time are of different ones, as far as these go.
  std::vector<std::string> further{};
};

KmsCall StatusCall();
KmsCall EncryptCall(const std::string& plaintext);
// Decrypts what an Encrypt answered: its reply as it is on the wire.
KmsCall DecryptCall(const std::string& encrypt_reply);

// One caller. Connects at the first call; every call has a deadline of 5 s, as kube-apiserver's
// calls have one.
class KmsLoad {
 public:
  explicit KmsLoad(const std::string& socket_path);
  ~KmsLoad();

  // The reply's bytes. Throws HarnessError when the call fails.
  std::string Ask(const KmsCall& call);
  // `in_flight` calls at any time, from 1 on.
  LoadResult Run(const KmsCall& call, int in_flight, LoadLimit limit);
  // A thread of its own begins the calls, so that none waits until an answer has been looked at.
  LoadResult Arrive(const KmsCall& call, const Arrivals& arrivals);

 private:
  struct Client;
  std::unique_ptr<Client> client_;
};

}  // namespace baokms::testing
