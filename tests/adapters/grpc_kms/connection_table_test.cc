#include "adapters/grpc_kms/connection_table.h"

#include <doctest/doctest.h>
#include <fcntl.h>

namespace baokms::adapters::grpc_kms {
namespace {

using std::chrono::milliseconds;
using Time = ConnectionTable::Time;

posix::Descriptor SomeFd() { return posix::Descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC)); }

constexpr ConnectionTable::Limits kSmall{
    .max_connections = 4, .max_per_uid = 2, .first_rpc_timeout = milliseconds(100)};

TEST_CASE("Connection table: at its own limit a uid displaces the oldest silent of its own") {
  ConnectionTable table(kSmall);
  const auto other = table.Add(SomeFd(), 7, Time{});
  const auto first = table.Add(SomeFd(), 1, Time{});
  const auto second = table.Add(SomeFd(), 1, Time{});
  const auto third = table.Add(SomeFd(), 1, Time{});
  REQUIRE(third.id.has_value());
  CHECK(third.displaced.has_value());
  CHECK(table.Descriptor(*first.id) == -1);
  CHECK(table.Descriptor(*second.id) >= 0);
  CHECK(table.Descriptor(*other.id) >= 0);
  CHECK(table.size() == 3);
}

TEST_CASE("Connection table: a connection with an RPC is never displaced") {
  ConnectionTable table(kSmall);
  const auto first = table.Add(SomeFd(), 1, Time{});
  const auto second = table.Add(SomeFd(), 1, Time{});
  table.HandOver(*first.id, 900);
  table.RpcArrived(900);
  const auto third = table.Add(SomeFd(), 1, Time{});
  CHECK(table.Descriptor(*first.id) >= 0);
  CHECK(table.Descriptor(*second.id) == -1);
  table.HandOver(*third.id, 901);
  table.RpcArrived(901);
  const auto fourth = table.Add(SomeFd(), 1, Time{});
  CHECK_FALSE(fourth.id.has_value());
  CHECK(fourth.refused.valid());
  CHECK(table.size() == 2);
}

TEST_CASE("Connection table: an RPC is its peer's as long as that is connected") {
  ConnectionTable table(kSmall);
  const auto first = table.Add(SomeFd(), 1, Time{});
  const auto second = table.Add(SomeFd(), 2, Time{});
  table.HandOver(*first.id, 900);
  table.HandOver(*second.id, 901);
  for (int i = 0; i < 2; ++i) {
    CHECK(table.RpcArrived(900) == 1);
    CHECK(table.RpcArrived(901) == 2);
  }
  CHECK(table.RpcArrived(902) == std::nullopt);
  CHECK(table.RpcArrived(-1) == std::nullopt);
  table.Remove(*first.id);
  CHECK(table.RpcArrived(900) == std::nullopt);
}

TEST_CASE("Connection table: when full the oldest silent one of any uid goes") {
  ConnectionTable table(kSmall);
  const auto first = table.Add(SomeFd(), 1, Time{});
  for (uid_t uid = 2; uid < 5; ++uid) REQUIRE(table.Add(SomeFd(), uid, Time{}).id.has_value());
  const auto added = table.Add(SomeFd(), 9, Time{});
  REQUIRE(added.id.has_value());
  CHECK(added.displaced.has_value());
  CHECK(table.Descriptor(*first.id) == -1);
  CHECK(table.size() == 4);
}

TEST_CASE("Connection table: silent ones are overdue in time and callers never") {
  ConnectionTable table(kSmall);
  const auto silent = table.Add(SomeFd(), 1, Time{});
  const auto caller = table.Add(SomeFd(), 2, Time{});
  table.HandOver(*caller.id, 900);
  CHECK(table.HandedOver(*caller.id));
  CHECK_FALSE(table.HandedOver(*silent.id));
  table.RpcArrived(900);
  CHECK(table.NextDeadline() == Time{} + milliseconds(100));
  CHECK(table.RemoveOverdue(Time{} + milliseconds(99)).empty());
  CHECK(table.RemoveOverdue(Time{} + milliseconds(100)).size() == 1);
  CHECK_FALSE(table.NextDeadline().has_value());
  CHECK(table.RemoveOverdue(Time{} + std::chrono::hours(9)).empty());
  CHECK(table.Descriptor(*caller.id) >= 0);
}

TEST_CASE("Connection table: a reused descriptor number belongs to the newer connection") {
  ConnectionTable table(kSmall);
  const auto old = table.Add(SomeFd(), 1, Time{});
  table.HandOver(*old.id, 900);
  const auto newer = table.Add(SomeFd(), 2, Time{});
  table.HandOver(*newer.id, 900);
  table.Remove(*old.id);
  table.RpcArrived(900);
  CHECK(table.RemoveSilent().empty());
  CHECK(table.Descriptor(*newer.id) >= 0);
}

TEST_CASE("Connection table: a removed connection frees its uid's place") {
  ConnectionTable table(kSmall);
  for (int i = 0; i < 10; ++i) {
    const auto added = table.Add(SomeFd(), 1, Time{});
    REQUIRE(added.id.has_value());
    CHECK_FALSE(added.displaced.has_value());
    CHECK(table.Remove(*added.id).valid());
    CHECK_FALSE(table.Remove(*added.id).valid());
  }
  CHECK(table.size() == 0);
}

}  // namespace
}  // namespace baokms::adapters::grpc_kms
