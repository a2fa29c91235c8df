// How a fuzz target states its property: a broken one ends the process, in every build.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace baokms::fuzz {

inline void Require(bool holds, const char* property) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", property);
  std::abort();
}

inline std::string_view AsText(const unsigned char* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace baokms::fuzz
