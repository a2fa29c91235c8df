#include "tests/support/emulator/release.h"

#include <cstdio>
#include <tuple>

namespace baokms::emulator {

std::optional<Release> Release::Parse(const std::string& version) {
  Release release;
  int patch = 0;
  int length = 0;
  const int read =
      std::sscanf(version.c_str(), "%d.%d.%d%n", &release.major_, &release.minor_, &patch, &length);
  if (read != 3 || static_cast<std::size_t>(length) != version.size()) return std::nullopt;
  release.version_ = version;
  return release;
}

bool Release::Since(int major, int minor) const {
  return std::tie(major_, minor_) >= std::tie(major, minor);
}

std::string_view Release::malformed_json() const {
  // Go's own words follow since 2.6, here those for a text that ends too soon.
  return Since(2, 6) ? "failed to decode JSON input: unexpected EOF" : "error parsing JSON";
}

std::string_view Release::missing_certificate() const {
  return Since(2, 6) ? "no client certificate found" : "client certificate must be supplied";
}

bool Release::tells_performance_standby() const { return !Since(2, 6); }

const char* Release::date_field() const { return Since(2, 6) ? "commit_date" : "build_date"; }

}  // namespace baokms::emulator
