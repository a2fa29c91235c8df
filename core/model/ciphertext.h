// A Transit ciphertext, "vault:v<version>:<base64>": public, but never logged.
#pragma once

#include <string>
#include <utility>

namespace baokms::core {

class Ciphertext {
 public:
  explicit Ciphertext(std::string bytes) : bytes_(std::move(bytes)) {}
  const std::string& bytes() const { return bytes_; }
  friend bool operator==(const Ciphertext&, const Ciphertext&) = default;

 private:
  std::string bytes_;
};

}  // namespace baokms::core
