// Tokens and their leases.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/emulator/clock.h"
#include "tests/support/emulator/logical.h"

namespace baokms::emulator {

// OpenBao's system default and maximum: 768 hours, in seconds.
inline constexpr std::int64_t kSystemLease = 768 * 3600;

struct Token {
  std::string id;
  std::string accessor;
  std::string name_space;
  std::vector<std::string> policies;
  Json metadata = nullptr;
  std::string display_name = "token";
  std::string entity_id;
  std::string path;   // "auth/jwt/login"
  std::string mount;  // "auth/jwt/", which answers a renewal
  std::string role;
  std::string certificate_der;  // of a certificate login
  bool orphan = false;
  bool renewable = false;
  bool batch = false;         // neither renewed nor revoked
  std::int64_t num_uses = 0;  // told, not counted
  std::int64_t creation_ttl = 0;
  std::int64_t issue_millis = 0;
  std::int64_t expire_millis = 0;  // 0: never
  std::int64_t last_renewal_millis = 0;
};

// What a token lives by, seconds; 0 means the system's default.
struct LeaseTerms {
  std::int64_t ttl = 0;
  std::int64_t max_ttl = 0;
  std::int64_t period = 0;
};

struct Lease {
  std::int64_t ttl = 0;
  std::vector<std::string> warnings;
};

// OpenBao's CalculateTTL; nothing when the maximum has passed. Times in Unix milliseconds.
std::optional<Lease> CalculateLease(std::int64_t increment, const LeaseTerms& terms,
                                    std::int64_t issue_millis, std::int64_t now_millis);

// Thread safe. A looked-up token is a snapshot: revoking it later does not take it away.
class TokenStore {
 public:
  explicit TokenStore(const Clock& clock) : clock_(clock) {}

  // Fills in id (unless given), accessor and times from `ttl` (0: never expires).
  std::shared_ptr<const Token> Create(Token token, std::int64_t ttl);

  // Null for an unknown, revoked or expired one.
  std::shared_ptr<const Token> Find(const std::string& id) const;
  std::shared_ptr<const Token> Extend(const std::string& id, std::int64_t ttl);
  bool Revoke(const std::string& id);
  // Revokes all but the root and the batch tokens; the count.
  std::size_t RevokeAll();
  std::vector<std::shared_ptr<const Token>> All() const;

  std::int64_t TtlSeconds(const Token& token) const;

 private:
  bool Expired(const Token& token) const;

  const Clock& clock_;
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const Token>, std::less<>> tokens_;
};

// "service" or "batch".
std::string_view TypeName(const Token& token);

// The auth object of a login or renewal.
Json AuthObject(const Token& token, std::int64_t lease_seconds);

}  // namespace baokms::emulator
