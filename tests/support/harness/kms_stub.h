// kube-apiserver's side of the socket: a KMS v2 client.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>

namespace baokms::testing {

struct CallStatus {
  int code = 0;  // gRPC's
  std::string message = {};
  bool ok() const { return code == 0; }
};

struct StatusAnswer {
  CallStatus status = {};
  std::string version = {};
  std::string healthz = {};
  std::string key_id = {};
};

// What kube-apiserver keeps of an Encrypt.
struct SealedObject {
  std::string ciphertext = {};
  std::string key_id = {};
  std::map<std::string, std::string> annotations = {};
  friend bool operator==(const SealedObject&, const SealedObject&) = default;
};

struct EncryptAnswer {
  CallStatus status = {};
  SealedObject sealed = {};
};

struct DecryptAnswer {
  CallStatus status = {};
  std::string plaintext = {};
};

// One connection, made at the first call and again whenever it is lost. Any thread.
class KmsStub {
 public:
  explicit KmsStub(const std::string& socket_path);
  ~KmsStub();

  using Timeout = std::chrono::milliseconds;
  StatusAnswer Status(Timeout timeout = Timeout(5000)) const;
  EncryptAnswer Encrypt(const std::string& plaintext, const std::string& uid = "uid-1",
                        Timeout timeout = Timeout(5000)) const;
  DecryptAnswer Decrypt(const SealedObject& sealed, const std::string& uid = "uid-1",
                        Timeout timeout = Timeout(5000)) const;

 private:
  struct Channel;
  std::unique_ptr<Channel> channel_;
};

}  // namespace baokms::testing
