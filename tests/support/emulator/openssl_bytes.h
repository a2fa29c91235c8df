// Text as OpenSSL takes it: pointers to the same bytes.
#pragma once

#include <string>
#include <string_view>

namespace baokms::emulator {

inline const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
inline unsigned char* Bytes(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

}  // namespace baokms::emulator
