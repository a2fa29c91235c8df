// KMS v2 as kube-apiserver sees it: a client of the socket, for `probe`.
#pragma once

#include <chrono>
#include <expected>
#include <memory>
#include <string>

#include "core/model/annotations.h"
#include "core/model/error.h"

namespace baokms::adapters::grpc_kms {

struct SocketStatus {
  std::string version;
  std::string healthz;
  std::string key_id;
};

struct SocketEncrypted {
  std::string ciphertext;
  std::string key_id;
  core::Annotations annotations;
};

// A reply, or the gRPC code of its absence; a server's own words are not passed on.
template <typename T>
using SocketReply = std::expected<T, core::RpcCode>;

// One thread; each RPC blocks until the reply or the deadline.
class KmsSocketClient {
 public:
  using Deadline = std::chrono::system_clock::time_point;  // gRPC's clock

  // `socket_path`: absolute. Connects at the first RPC.
  explicit KmsSocketClient(const std::string& socket_path);
  ~KmsSocketClient();
  KmsSocketClient(const KmsSocketClient&) = delete;
  KmsSocketClient& operator=(const KmsSocketClient&) = delete;

  SocketReply<SocketStatus> Status(Deadline deadline) const;
  SocketReply<SocketEncrypted> Encrypt(const std::string& plaintext, Deadline deadline) const;
  SocketReply<std::string> Decrypt(const SocketEncrypted& sealed, Deadline deadline) const;

 private:
  struct Stub;
  std::unique_ptr<Stub> stub_;
};

}  // namespace baokms::adapters::grpc_kms
