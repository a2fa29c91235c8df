// What a 401 or 403 says of the token that a request was sent with (request-scheduling.md,
// "Denials").
#pragma once

#include <atomic>
#include <cstdint>

#include "core/model/error.h"
#include "core/model/openbao_operation.h"

namespace baokms::core {

// The operations that one token was accepted for. Any thread; never waits.
class AcceptedOperations {
 public:
  AcceptedOperations() = default;
  // As it is now: a token is copied before anybody uses it.
  AcceptedOperations(const AcceptedOperations& other) : bits_(other.bits_.load()) {}
  AcceptedOperations& operator=(const AcceptedOperations&) = delete;
  ~AcceptedOperations() = default;

  void Note(OpenBaoOperation operation) const {
    // Requests of all threads share this word: it is written once for each operation.
    if (!For(operation)) bits_.fetch_or(Bit(operation), std::memory_order_relaxed);
  }
  bool For(OpenBaoOperation operation) const {
    return (bits_.load(std::memory_order_relaxed) & Bit(operation)) != 0;
  }
  bool ForAnother(OpenBaoOperation operation) const {
    return (bits_.load(std::memory_order_relaxed) & ~Bit(operation)) != 0;
  }

 private:
  static std::uint32_t Bit(OpenBaoOperation operation) {
    return std::uint32_t{1} << static_cast<unsigned>(operation);
  }
  mutable std::atomic<std::uint32_t> bits_ = 0;
};

// One request was refused. This provider uses one key, so an operation has one path.
struct TokenDenial {
  std::uint64_t generation = 0;  // of the token; 0: none was sent, and none was refused
  OpenBaoOperation operation{};
  bool forbidden = false;      // 403: perhaps the policy denies this path; else 401: a bad token
  bool accepted_here = false;  // before, for this operation
  bool accepted_elsewhere = false;  // before or meanwhile, for another one
  friend bool operator==(const TokenDenial&, const TokenDenial&) = default;
};

inline bool IsTokenDenial(const Error& error) {
  return error.openbao_status() == OpenBaoStatus::kUnauthenticated ||
         error.openbao_status() == OpenBaoStatus::kPermissionDenied;
}

}  // namespace baokms::core
