#include <doctest/doctest.h>

#include <string>

#include "adapters/config_yaml/field_table.h"
#include "adapters/config_yaml/field_value.h"
#include "tests/adapters/config_yaml/sample_files.h"

namespace {

using namespace baokms::adapters::config_yaml;
using namespace baokms::tests;
namespace core = baokms::core;

bool SameValues(const core::Configuration& a, const core::Configuration& b) {
  for (const Field& field : Fields()) {
    if (RenderValue(field, a) != RenderValue(field, b)) return false;
  }
  return true;
}

// The samples end with required, quoted or bracketed values: only the whole file may load.
TEST_CASE("Load: a file cut at any byte is refused") {
  for (const std::string_view sample : {kJwtFileSample, kPkcs11Sample}) {
    const auto whole = Load(sample);
    REQUIRE(whole.has_value());
    for (std::size_t size = 0; size < sample.size(); ++size) {
      CAPTURE(size);
      const auto cut = Load(sample.substr(0, size));
      // A missing last newline says nothing less.
      if (cut) CHECK(size + 1 == sample.size());
      if (cut) CHECK(SameValues(*cut, *whole));
    }
  }
}

// No crash, no exception; whatever still loads keeps the rules' promises.
TEST_CASE("Load: a file with any byte replaced never crashes the loader") {
  constexpr std::string_view kReplacements("\n :\"'[{&*!|-#%\xFF\t0\0", 18);
  const std::string sample(kJwtFileSample);
  std::size_t accepted = 0;
  for (std::size_t at = 0; at < sample.size(); ++at) {
    for (std::size_t i = 0; i < kReplacements.size(); ++i) {
      // Every place and every replacement, not every pair: a debug build has to get through.
      if ((at + i) % 6 != 0) continue;
      const char replacement = kReplacements[i];
      std::string spoiled = sample;
      spoiled[at] = replacement;
      const auto loaded = Load(spoiled);
      if (!loaded) {
        CHECK_FALSE(loaded.error().empty());
        continue;
      }
      ++accepted;
      CHECK(loaded->openbao.address.starts_with("https://"));
      CHECK(loaded->server.socket_path.starts_with("/run/openbao-kms/"));
      CHECK(loaded->auth.jwt.mount_path.starts_with("auth/"));
      CHECK_FALSE(loaded->transit.key_id_scope.cluster_id.empty());
    }
  }
  CHECK(accepted > 0);
}

}  // namespace
