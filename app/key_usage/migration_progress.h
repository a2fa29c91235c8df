// How far a storage migration is, census by census (`key-usage --watch`). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "app/key_usage/usage_findings.h"
#include "core/model/time.h"

namespace baokms::app {

// Objects under old versions, under other providers and, when it is known which should be
// encrypted, in plaintext. None without a local state: nobody knows which versions are old.
std::optional<std::uint64_t> LeftToRewrite(const UsageFindings& findings);

class MigrationProgress {
 public:
  // One line about the census taken at `at`, with an estimate from the second one on.
  std::string Tell(core::UnixSeconds at, const UsageFindings& findings);

 private:
  struct Point {
    core::UnixSeconds at;
    std::uint64_t left;
  };
  std::optional<Point> first_;
};

}  // namespace baokms::app
