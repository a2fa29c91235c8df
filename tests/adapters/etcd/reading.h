// What the cases of the snapshot reader have in common.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "adapters/etcd/snapshot_reader.h"

namespace baokms::adapters::etcd {

using Seen = std::vector<std::pair<std::string, std::string>>;

inline SnapshotReader ReaderOf(SnapshotOptions options) {
  auto reader = SnapshotReader::Make(std::move(options));
  REQUIRE(reader.has_value());
  return *std::move(reader);
}

inline Endpoint At(const std::string& url) {
  const auto endpoint = Endpoint::Parse(url);
  REQUIRE(endpoint.has_value());
  return *endpoint;
}

// Visits nothing; the problem of the one endpoint that was asked last.
inline EtcdProblem ProblemOf(SnapshotOptions options) {
  SnapshotReader reader = ReaderOf(std::move(options));
  const auto read =
      reader.Read("/registry/", 500, [](std::string_view, std::string_view) { FAIL("visited"); });
  REQUIRE_FALSE(read.has_value());
  REQUIRE_FALSE(read.error().empty());
  return read.error().back().problem;
}

}  // namespace baokms::adapters::etcd
