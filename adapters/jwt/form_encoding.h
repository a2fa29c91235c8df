// application/x-www-form-urlencoded values (RFC 6749, Appendix B), written into memory of the
// caller's, which may be a Secret's.
#pragma once

#include <cstddef>
#include <string_view>

namespace baokms::adapters::jwt {

// Letters, digits and -._~ stand for themselves, a blank becomes '+', every other byte %XX.
std::size_t FormEncodedLength(std::string_view bytes);
bool FormEncodingChanges(std::string_view bytes);
// Writes FormEncodedLength(bytes) characters; returns where they end.
char* FormEncodeTo(std::string_view bytes, char* out);

}  // namespace baokms::adapters::jwt
