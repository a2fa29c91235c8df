#include "core/transit/transit_profile.h"

#include <doctest/doctest.h>

#include <functional>
#include <limits>

#include "tests/support/core/builders.h"

namespace baokms::core {
namespace {

using testing::FitMetadata;

TEST_CASE("Profile: a fit key has no finding") {
  CHECK(TransitProfileFindings(FitMetadata(3)).empty());
}

TEST_CASE("Profile: each setting that makes a key unfit is one finding") {
  using enum ProfileImpact;
  struct Row {
    std::string_view code;
    ProfileImpact impact;
    std::function<void(TransitKeyMetadata&)> change;
  };
  const Row rows[] = {
      {"unsupported_type", kCryptographicSafety, [](auto& m) { m.type = "aes128-gcm96"; }},
      {"exportable", kCryptographicSafety, [](auto& m) { m.exportable = true; }},
      {"plaintext_backup", kCryptographicSafety, [](auto& m) { m.allow_plaintext_backup = true; }},
      {"derived", kCryptographicSafety, [](auto& m) { m.derived = true; }},
      {"convergent", kCryptographicSafety, [](auto& m) { m.convergent_encryption = true; }},
      {"deletion_allowed", kApiServerAvailability, [](auto& m) { m.deletion_allowed = true; }},
      {"min_encryption_version", kApiServerAvailability,
       [](auto& m) { m.min_encryption_version = 3; }},
      {"min_decryption_version", kApiServerAvailability,
       [](auto& m) { m.min_decryption_version = 3; }},
      {"encryption_unsupported", kApiServerAvailability,
       [](auto& m) { m.supports_encryption = false; }},
      {"decryption_unsupported", kApiServerAvailability,
       [](auto& m) { m.supports_decryption = false; }},
  };
  for (const Row& row : rows) {
    CAPTURE(row.code);
    TransitKeyMetadata metadata = FitMetadata(2);
    row.change(metadata);
    const auto findings = TransitProfileFindings(metadata);
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].code == row.code);
    CHECK(findings[0].impact == row.impact);
    CHECK_FALSE(findings[0].advice.empty());
  }
}

TEST_CASE("Profile: minimum versions may equal latest") {
  TransitKeyMetadata metadata = FitMetadata(2);
  metadata.min_encryption_version = 2;
  metadata.min_decryption_version = 2;
  CHECK(TransitProfileFindings(metadata).empty());
}

TEST_CASE("Creation times: by version once the listing can be relied on") {
  const auto times = ReliableCreationTimes(FitMetadata(3));
  REQUIRE(times.has_value());
  CHECK(times->size() == 3);
  CHECK(times->at(2) == testing::CreatedAt(2));
}

TEST_CASE("Creation times: each unreliable listing is refused by its name") {
  struct Row {
    std::string_view code;
    std::function<void(TransitKeyMetadata&)> change;
  };
  const Row rows[] = {
      {"soft_deleted", [](auto& m) { m.soft_deleted = true; }},
      {"latest_version", [](auto& m) { m.latest_version = 0; }},
      {"min_available_version", [](auto& m) { m.min_available_version = -1; }},
      {"min_available_version", [](auto& m) { m.min_available_version = 4; }},
      {"version_out_of_range", [](auto& m) { m.versions[0].version = 0; }},
      {"version_out_of_range", [](auto& m) { m.versions.push_back({4, 1}); }},
      {"version_listed_twice", [](auto& m) { m.versions.push_back(m.versions[1]); }},
      {"creation_time_missing", [](auto& m) { m.versions[0].created_at = 0; }},
      {"creation_time_missing", [](auto& m) { m.versions.erase(m.versions.begin()); }},
      {"creation_time_missing", [](auto& m) { m.versions.erase(m.versions.begin() + 1); }},
      {"creation_time_missing", [](auto& m) { m.versions.pop_back(); }},
      {"creation_time_missing",
       [](auto& m) { m.latest_version = std::numeric_limits<std::int64_t>::max(); }},
  };
  for (const Row& row : rows) {
    CAPTURE(row.code);
    TransitKeyMetadata metadata = FitMetadata(3);
    row.change(metadata);
    const auto times = ReliableCreationTimes(metadata);
    REQUIRE(!times.has_value());
    CHECK(times.error() == row.code);
  }
}

TEST_CASE("Creation times: versions that Transit can no longer use need none") {
  TransitKeyMetadata metadata = FitMetadata(3);
  metadata.versions.erase(metadata.versions.begin());
  metadata.min_decryption_version = 2;
  CHECK(ReliableCreationTimes(metadata).has_value());
  metadata.min_decryption_version = 1;
  metadata.min_available_version = 2;
  CHECK(ReliableCreationTimes(metadata).has_value());
}

}  // namespace
}  // namespace baokms::core
