// The reader against a real etcd.
#include "adapters/etcd/snapshot_reader.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/adapters/etcd/fake_etcd.h"
#include "tests/adapters/etcd/reading.h"
#include "tests/support/etcd/etcd_under_test.h"
#include "tests/support/harness/free_port.h"

namespace baokms::adapters::etcd {
namespace {

using testing::EtcdUnderTest;
using testing::SkippedWithoutEtcd;

std::string KeyNumber(int number) {
  const std::string digits = std::to_string(number);
  return "/registry/secrets/default/" + std::string(6 - digits.size(), '0') + digits;
}

EtcdUnderTest::Objects Objects(int count) {
  EtcdUnderTest::Objects objects;
  for (int i = 0; i < count; ++i) objects.emplace_back(KeyNumber(i), "value " + std::to_string(i));
  return objects;
}

std::string Filled(std::size_t size) {
  std::string value;
  value.resize(size, 'v');
  return value;
}

SnapshotOptions Plain(const EtcdUnderTest& etcd) { return {.endpoints = {At(etcd.url())}}; }

TEST_CASE("Snapshot: every object below the prefix once and in order at whatever page size") {
  if (SkippedWithoutEtcd()) return;
  EtcdUnderTest etcd;
  // Neighbours of the prefix on both sides.
  etcd.Put({{"/registr", "x"}, {"/registry", "x"}, {"/registry0", "x"}, {"/registrz/", "x"}});
  CHECK(ReaderOf(Plain(etcd)).Read("/registry/", 500, [](auto, auto) { FAIL("none"); }));
  const EtcdUnderTest::Objects objects = Objects(20);
  const std::int64_t revision = etcd.Put(objects);
  for (const std::int64_t page_size : {1, 3, 10, 19, 20, 21, 10000}) {
    CAPTURE(page_size);
    Seen seen;
    const auto read =
        ReaderOf(Plain(etcd)).Read("/registry/", page_size, [&](auto key, auto value) {
          seen.emplace_back(key, value);
        });
    REQUIRE(read.has_value());
    CHECK(*read == revision);
    CHECK(seen == objects);
  }
}

TEST_CASE("Snapshot: what is written and deleted under way changes nothing") {
  if (SkippedWithoutEtcd()) return;
  EtcdUnderTest etcd;
  const EtcdUnderTest::Objects objects = Objects(12);
  const std::int64_t revision = etcd.Put(objects);
  Seen seen;
  const auto read = ReaderOf(Plain(etcd)).Read("/registry/", 2, [&](auto key, auto value) {
    if (seen.empty()) {
      etcd.Delete(KeyNumber(7));
      etcd.Put({{KeyNumber(5), "another"}, {KeyNumber(99), "late"}});
    }
    seen.emplace_back(key, value);
  });
  REQUIRE(read.has_value());
  CHECK(*read == revision);
  CHECK(seen == objects);
}

TEST_CASE("Snapshot: a compaction under way ends it") {
  if (SkippedWithoutEtcd()) return;
  EtcdUnderTest etcd;
  etcd.Put(Objects(12));
  int seen = 0;
  const auto read = ReaderOf(Plain(etcd)).Read("/registry/", 2, [&](auto, auto) {
    if (++seen == 4) etcd.Compact(etcd.Put({{KeyNumber(3), "another"}}));
  });
  REQUIRE_FALSE(read.has_value());
  REQUIRE(read.error().size() == 1);
  CHECK(read.error().front().problem == EtcdProblem::kCompacted);
  CHECK(seen == 4);
}

TEST_CASE("Snapshot: a restart of etcd under way is waited for") {
  if (SkippedWithoutEtcd()) return;
  EtcdUnderTest etcd;
  const EtcdUnderTest::Objects objects = Objects(12);
  const std::int64_t revision = etcd.Put(objects);
  Seen seen;
  const auto read = ReaderOf(Plain(etcd)).Read("/registry/", 4, [&](auto key, auto value) {
    if (seen.size() == 3) {
      etcd.Stop();
      etcd.Start();
      etcd.Delete(KeyNumber(9));
    }
    seen.emplace_back(key, value);
  });
  REQUIRE(read.has_value());
  CHECK(*read == revision);
  CHECK(seen == objects);
}

TEST_CASE("Snapshot: an etcd that stays away under way ends it with what it said last") {
  if (SkippedWithoutEtcd()) return;
  EtcdUnderTest etcd;
  etcd.Put(Objects(12));
  SnapshotOptions options = Plain(etcd);
  options.rounds = 2;
  int seen = 0;
  const auto read = ReaderOf(std::move(options)).Read("/registry/", 4, [&](auto, auto) {
    if (++seen == 4) etcd.Stop();
  });
  REQUIRE_FALSE(read.has_value());
  REQUIRE(read.error().size() == 1);
  CHECK(read.error().front().problem == EtcdProblem::kRefused);
  CHECK(seen == 4);
}

TEST_CASE("Snapshot: endpoints that are away are passed over and each is named when all are") {
  if (SkippedWithoutEtcd()) return;
  EtcdUnderTest etcd;
  etcd.Put(Objects(3));
  const Endpoint away{.tls = false, .host = "127.0.0.1", .port = testing::FreePort()};
  const Endpoint unknown{.tls = false, .host = "no-such-host.invalid", .port = 2379};
  int seen = 0;
  const auto read = ReaderOf({.endpoints = {away, unknown, At(etcd.url())}})
                        .Read("/registry/", 500, [&](auto, auto) { ++seen; });
  CHECK(read.has_value());
  CHECK(seen == 3);
  const auto none =
      ReaderOf({.endpoints = {away, unknown}}).Read("/registry/", 500, [](auto, auto) {});
  REQUIRE_FALSE(none.has_value());
  REQUIRE(none.error().size() == 2);
  CHECK(none.error()[0].endpoint == 0);
  CHECK(none.error()[0].problem == EtcdProblem::kRefused);
  CHECK(none.error()[1].endpoint == 1);
  CHECK(none.error()[1].problem == EtcdProblem::kUnknownHost);
}

// Of the fake cluster: numbered keys, read as etcd would.
grpc::Status AnswerFrom(const EtcdUnderTest::Objects& objects,
                        const etcdserverpb::RangeRequest& request,
                        etcdserverpb::RangeResponse& reply) {
  reply.mutable_header()->set_cluster_id(7);
  reply.mutable_header()->set_revision(request.revision() == 0 ? 41 : 1000);
  for (const auto& [key, value] : objects) {
    if (key < request.key() || key >= request.range_end()) continue;
    if (reply.kvs_size() == request.limit()) {
      reply.set_more(true);
      break;
    }
    auto& object = *reply.add_kvs();
    object.set_key(key);
    object.set_value(value);
  }
  return grpc::Status::OK;
}

TEST_CASE("Snapshot: another endpoint goes on at the same revision when one dies under way") {
  const EtcdUnderTest::Objects objects = Objects(9);
  const auto answer = [&](const auto& request, auto& reply) {
    return AnswerFrom(objects, request, reply);
  };
  FakeEtcd first(answer);
  FakeEtcd second(answer);
  Seen seen;
  const auto read = ReaderOf({.endpoints = {first.endpoint(), second.endpoint()}})
                        .Read("/registry/", 3, [&](auto key, auto value) {
                          if (seen.size() == 1) first.Stop();
                          seen.emplace_back(key, value);
                        });
  REQUIRE(read.has_value());
  CHECK(*read == 41);
  CHECK(seen == objects);
  REQUIRE(second.asked.size() == 2);
  for (const auto& request : second.asked) CHECK(request.revision() == 41);
  CHECK(second.asked[0].key() > KeyNumber(2));
}

TEST_CASE("Snapshot: a page above the bound is asked for with fewer keys and grows back") {
  if (SkippedWithoutEtcd()) return;
  EtcdUnderTest etcd;
  EtcdUnderTest::Objects objects = Objects(2000);
  for (int i = 200; i < 232; ++i) {
    objects[static_cast<std::size_t>(i)].second = std::string(60 * 1024, 'v');
  }
  etcd.Put(objects);
  SnapshotOptions options = Plain(etcd);
  options.max_message_bytes = 128 * 1024;
  Seen seen;
  const auto read = ReaderOf(std::move(options)).Read("/registry/", 500, [&](auto key, auto value) {
    seen.emplace_back(key, value);
  });
  REQUIRE(read.has_value());
  CHECK(seen == objects);

  FakeEtcd bounded([&](const auto& request, auto& reply) {
    AnswerFrom(objects, request, reply);
    if (reply.ByteSizeLong() <= 128 * 1024) return grpc::Status::OK;
    return grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED, "");
  });
  std::size_t count = 0;
  CHECK(ReaderOf({.endpoints = {bounded.endpoint()}}).Read("/registry/", 500, [&](auto, auto) {
    ++count;
  }));
  CHECK(count == objects.size());
  CHECK(bounded.asked.front().limit() == 500);
  CHECK(std::ranges::min(bounded.asked, {}, &etcdserverpb::RangeRequest::limit).limit() < 8);
  CHECK(bounded.asked.back().limit() > 100);
}

TEST_CASE("Snapshot: one object above the bound ends it") {
  if (SkippedWithoutEtcd()) return;
  EtcdUnderTest etcd;
  etcd.Put({{KeyNumber(1), "small"}, {KeyNumber(2), std::string(300 * 1024, 'v')}});
  SnapshotOptions options = Plain(etcd);
  options.max_message_bytes = 256 * 1024;
  int seen = 0;
  const auto read =
      ReaderOf(std::move(options)).Read("/registry/", 500, [&](auto, auto) { ++seen; });
  REQUIRE_FALSE(read.has_value());
  CHECK(read.error().front().problem == EtcdProblem::kTooLarge);
  CHECK(seen == 1);
}

TEST_CASE("Snapshot: etcd's largest values are read") {
  if (SkippedWithoutEtcd()) return;
  EtcdUnderTest etcd(testing::EtcdTransport::kPlain, {"--max-request-bytes=10485760"});
  const EtcdUnderTest::Objects objects = {{KeyNumber(1), Filled(10'000'000)},
                                          {KeyNumber(2), Filled(9'000'000)},
                                          {KeyNumber(3), "small"}};
  etcd.Put(objects);
  Seen seen;
  CHECK(ReaderOf(Plain(etcd)).Read("/registry/", 500, [&](auto key, auto value) {
    seen.emplace_back(key, value);
  }));
  CHECK((seen == objects));
}

TEST_CASE("Snapshot: etcd's access control is named") {
  if (SkippedWithoutEtcd()) return;
  EtcdUnderTest etcd;
  REQUIRE(etcd.Control({"user", "add", "root:secret"}) == 0);
  REQUIRE(etcd.Control({"user", "grant-role", "root", "root"}) == 0);
  REQUIRE(etcd.Control({"auth", "enable"}) == 0);
  CHECK(ProblemOf(Plain(etcd)) == EtcdProblem::kDenied);
}

}  // namespace
}  // namespace baokms::adapters::etcd
