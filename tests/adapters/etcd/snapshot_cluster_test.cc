// The reader against a real etcd of three members, whose members go away while they are read.
#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <string>

#include "adapters/etcd/snapshot_reader.h"
#include "tests/adapters/etcd/reading.h"
#include "tests/support/etcd/etcd_cluster.h"

namespace baokms::adapters::etcd {
namespace {

using testing::EtcdCluster;
using testing::EtcdUnderTest;

constexpr int kStored = 60;

struct Census {
  EtcdCluster etcd;
  EtcdUnderTest::Objects objects;
  std::int64_t revision = 0;
  Seen seen;

  Census() {
    for (int i = 0; i < kStored; ++i) {
      objects.emplace_back("/registry/secrets/a/" + std::to_string(100 + i), "before");
    }
    revision = etcd[0].Put(objects);
  }
  // Every endpoint, this one first; `under_way` is called once, in the middle of the third page.
  std::expected<std::int64_t, EtcdFailure> ReadFrom(std::size_t first,
                                                    const std::function<void()>& under_way,
                                                    int rounds = 5) {
    SnapshotOptions options;
    options.rounds = rounds;
    for (std::size_t i = 0; i < EtcdCluster::kMembers; ++i) {
      options.endpoints.push_back(At(etcd[(first + i) % EtcdCluster::kMembers].url()));
    }
    options.call_timeout = std::chrono::seconds(2);
    return ReaderOf(std::move(options)).Read("/registry/", 10, [&](auto key, auto value) {
      if (seen.size() == 25) under_way();
      seen.emplace_back(key, value);
    });
  }
  void WriteElsewhere(std::size_t member) {
    for (auto& [key, value] : objects) value = "after";
    etcd[member].Put(objects);
    for (auto& [key, value] : objects) value = "before";
  }
};

}  // namespace

TEST_CASE("Snapshot cluster: the member that is read dies and the others go on at its revision") {
  if (testing::SkippedWithoutEtcd()) return;
  Census census;
  const std::size_t read_from = census.etcd.Leader();
  const auto read = census.ReadFrom(read_from, [&] {
    census.etcd[read_from].Stop();
    census.WriteElsewhere((read_from + 1) % EtcdCluster::kMembers);
  });
  REQUIRE(read.has_value());
  CHECK(*read == census.revision);
  CHECK(census.seen == census.objects);
}

TEST_CASE("Snapshot cluster: the leader dies while a follower is read") {
  if (testing::SkippedWithoutEtcd()) return;
  Census census;
  const std::size_t leader = census.etcd.Leader();
  const auto read =
      census.ReadFrom((leader + 1) % EtcdCluster::kMembers, [&] { census.etcd[leader].Stop(); });
  REQUIRE(read.has_value());
  CHECK(*read == census.revision);
  CHECK(census.seen == census.objects);
}

TEST_CASE("Snapshot cluster: the member that is read is removed from the cluster") {
  if (testing::SkippedWithoutEtcd()) return;
  Census census;
  const auto read = census.ReadFrom(0, [&] {
    census.etcd.Remove(0);
    census.WriteElsewhere(1);
  });
  REQUIRE(read.has_value());
  CHECK(*read == census.revision);
  CHECK(census.seen == census.objects);
}

TEST_CASE("Snapshot cluster: without a majority the census ends and is no snapshot") {
  if (testing::SkippedWithoutEtcd()) return;
  Census census;
  const auto read = census.ReadFrom(
      0,
      [&] {
        census.etcd[1].Stop();
        census.etcd[2].Stop();
      },
      2);
  REQUIRE_FALSE(read.has_value());
  CHECK(read.error().size() == EtcdCluster::kMembers);
}

}  // namespace baokms::adapters::etcd
