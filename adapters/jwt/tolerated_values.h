// What JSON (RFC 8259) allows and simdjson refuses, made harmless: a JWT is not refused for a claim
// that nobody needs. OpenBao, which decides, reads past such values too.
#pragma once

#include <span>

namespace baokms::adapters::jwt {

// In place, of the same length. A number that neither 64 bits nor a double hold becomes `false`,
// which is no date and no text; half of a surrogate pair becomes U+FFFD. What is no JSON stays
// none.
void TolerateValues(std::span<char> json);

}  // namespace baokms::adapters::jwt
