#include "tests/support/emulator/tokens.h"

#include <algorithm>
#include <utility>

#include "tests/support/emulator/encoding.h"

namespace baokms::emulator {

std::optional<Lease> CalculateLease(std::int64_t increment, const LeaseTerms& terms,
                                    std::int64_t issue_millis, std::int64_t now_millis) {
  Lease lease;
  std::int64_t max_ttl = kSystemLease;
  if (terms.max_ttl > 0) max_ttl = std::min(max_ttl, terms.max_ttl);
  if (terms.period > 0) {
    lease.ttl = std::min(terms.period, max_ttl);
    return lease;
  }
  lease.ttl = increment > 0 ? increment : terms.ttl > 0 ? terms.ttl : kSystemLease;
  const std::int64_t left = issue_millis / 1000 + max_ttl - now_millis / 1000;
  if (left <= 0) return std::nullopt;
  if (lease.ttl > left) {
    lease.warnings.push_back("TTL of \"" + GoDuration(lease.ttl) +
                             "\" exceeded the effective max_ttl of \"" + GoDuration(left) +
                             "\"; TTL value is capped accordingly");
    lease.ttl = left;
  }
  return lease;
}

std::shared_ptr<const Token> TokenStore::Create(Token token, std::int64_t ttl) {
  if (token.id.empty()) {
    token.id = token.batch ? "b." + RandomBase62(200) : "s." + RandomBase62(24);
    if (!token.name_space.empty()) token.id += "." + StableUuid(token.name_space).substr(0, 6);
  }
  if (!token.batch) token.accessor = RandomBase62(24);
  token.creation_ttl = ttl;
  token.issue_millis = clock_.UnixMillis();
  token.expire_millis = ttl > 0 ? token.issue_millis + ttl * 1000 : 0;
  auto entry = std::make_shared<const Token>(std::move(token));
  const std::lock_guard lock(mutex_);
  tokens_[entry->id] = entry;
  return entry;
}

bool TokenStore::Expired(const Token& token) const {
  return token.expire_millis != 0 && clock_.UnixMillis() >= token.expire_millis;
}

std::shared_ptr<const Token> TokenStore::Find(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = tokens_.find(id);
  if (found == tokens_.end() || Expired(*found->second)) return nullptr;
  return found->second;
}

std::shared_ptr<const Token> TokenStore::Extend(const std::string& id, std::int64_t ttl) {
  const std::lock_guard lock(mutex_);
  const auto found = tokens_.find(id);
  if (found == tokens_.end()) return nullptr;
  Token token = *found->second;
  token.last_renewal_millis = clock_.UnixMillis();
  token.expire_millis = token.last_renewal_millis + ttl * 1000;
  found->second = std::make_shared<const Token>(std::move(token));
  return found->second;
}

bool TokenStore::Revoke(const std::string& id) {
  const std::lock_guard lock(mutex_);
  return tokens_.erase(id) > 0;
}

std::size_t TokenStore::RevokeAll() {
  const std::lock_guard lock(mutex_);
  return std::erase_if(tokens_, [](const auto& entry) {
    return !entry.second->batch &&
           std::ranges::find(entry.second->policies, "root") == entry.second->policies.end();
  });
}

std::vector<std::shared_ptr<const Token>> TokenStore::All() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<const Token>> tokens;
  for (const auto& [id, token] : tokens_) tokens.push_back(token);
  return tokens;
}

std::int64_t TokenStore::TtlSeconds(const Token& token) const {
  if (token.expire_millis == 0) return 0;
  return std::max<std::int64_t>(0, (token.expire_millis - clock_.UnixMillis()) / 1000);
}

std::string_view TypeName(const Token& token) { return token.batch ? "batch" : "service"; }

Json AuthObject(const Token& token, std::int64_t lease_seconds) {
  return {{"client_token", token.id},      {"accessor", token.accessor},
          {"policies", token.policies},    {"token_policies", token.policies},
          {"metadata", token.metadata},    {"lease_duration", lease_seconds},
          {"renewable", token.renewable},  {"entity_id", token.entity_id},
          {"token_type", TypeName(token)}, {"orphan", token.orphan},
          {"mfa_requirement", nullptr},    {"num_uses", token.num_uses}};
}

}  // namespace baokms::emulator
