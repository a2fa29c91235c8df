// What this process has given to providers that no provider may show to anybody: plaintexts, JWTs,
// names, directories (observability.md, "What is never shown").
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace baokms::testing {

struct Planted {
  enum class Kind : std::uint8_t {
    kSecret,
    kJwt,
    kName,  // of a mount, key, role or directory: some commands print them on purpose
  };
  Kind kind = Kind::kSecret;
  std::string what;
  std::string bytes;
};

// Each one once, and nothing that could be there by chance: from 8 bytes on. The first 300 count,
// because a load has more. Any thread.
void Plant(Planted::Kind kind, std::string_view what, std::string_view bytes);

std::vector<Planted> AllPlanted();

}  // namespace baokms::testing
