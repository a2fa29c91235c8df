// A JWT in compact form, taken apart and parsed strictly. Internal: includes simdjson.
#pragma once

#include <simdjson.h>

#include <memory>
#include <optional>
#include <string_view>

namespace baokms::adapters::jwt {

// The three parts, still encoded: none empty, base64url characters alone.
struct CompactParts {
  std::string_view header;
  std::string_view claims;
  std::string_view signature;
};
std::optional<CompactParts> SplitCompact(std::string_view compact);

// One base64url part that decodes to exactly one JSON object without duplicate keys at any depth.
// What was decoded is wiped with it.
class JwtPart {
 public:
  static std::unique_ptr<JwtPart> Parse(std::string_view base64url);
  ~JwtPart();
  JwtPart(const JwtPart&) = delete;
  JwtPart& operator=(const JwtPart&) = delete;
  simdjson::dom::object root() const { return root_; }

 private:
  JwtPart() = default;
  simdjson::dom::parser parser_;
  simdjson::dom::object root_;
};

}  // namespace baokms::adapters::jwt
