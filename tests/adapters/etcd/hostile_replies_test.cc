// Servers that break the promises of etcd's API.
#include <doctest/doctest.h>

#include <set>
#include <string>
#include <string_view>

#include "tests/adapters/etcd/fake_etcd.h"
#include "tests/adapters/etcd/reading.h"

namespace baokms::adapters::etcd {
namespace {

using etcdserverpb::RangeResponse;

RangeResponse Reply(const std::vector<std::string>& keys, bool more = false) {
  RangeResponse reply;
  reply.mutable_header()->set_cluster_id(7);
  reply.mutable_header()->set_revision(41);
  reply.set_more(more);
  for (const std::string& key : keys) reply.add_kvs()->set_key(key);
  return reply;
}

EtcdProblem ProblemOfReply(const RangeResponse& answer) {
  FakeEtcd etcd([&](const auto&, auto& reply) {
    reply = answer;
    return grpc::Status::OK;
  });
  return ProblemOf({.endpoints = {etcd.endpoint()}});
}

TEST_CASE("Hostile etcd: a page of other keys than were asked for is never counted") {
  CHECK(ProblemOfReply(Reply({"/other"})) == EtcdProblem::kUnreadable);
  CHECK(ProblemOfReply(Reply({"/registry/a", "/registry0"})) == EtcdProblem::kUnreadable);
  CHECK(ProblemOfReply(Reply({"/registry/b", "/registry/a"})) == EtcdProblem::kUnreadable);
  CHECK(ProblemOfReply(Reply({"/registry/a", "/registry/a"})) == EtcdProblem::kUnreadable);
}

TEST_CASE("Hostile etcd: a promise of more without keys does not go round for ever") {
  CHECK(ProblemOfReply(Reply({}, /*more=*/true)) == EtcdProblem::kUnreadable);
}

TEST_CASE("Hostile etcd: a reply without a revision is no snapshot") {
  RangeResponse reply = Reply({"/registry/a"});
  reply.mutable_header()->set_revision(0);
  CHECK(ProblemOfReply(reply) == EtcdProblem::kUnreadable);
}

TEST_CASE("Hostile etcd: the same page again ends it") {
  FakeEtcd etcd([](const auto&, auto& reply) {
    reply = Reply({"/registry/a", "/registry/b"}, /*more=*/true);
    return grpc::Status::OK;
  });
  int seen = 0;
  const auto read = ReaderOf({.endpoints = {etcd.endpoint()}, .rounds = 1})
                        .Read("/registry/", 2, [&](auto, auto) { ++seen; });
  REQUIRE_FALSE(read.has_value());
  CHECK(read.error().front().problem == EtcdProblem::kUnreadable);
  CHECK(seen == 2);
}

TEST_CASE("Hostile etcd: the second half of another cluster is not counted") {
  FakeEtcd first([](const auto&, auto& reply) {
    reply = Reply({"/registry/a"}, /*more=*/true);
    return grpc::Status::OK;
  });
  FakeEtcd second([](const auto&, auto& reply) {
    reply = Reply({"/registry/b"});
    reply.mutable_header()->set_cluster_id(8);
    return grpc::Status::OK;
  });
  int seen = 0;
  const auto read = ReaderOf({.endpoints = {first.endpoint(), second.endpoint()}, .rounds = 1})
                        .Read("/registry/", 1, [&](auto, auto) {
                          ++seen;
                          first.Stop();
                        });
  REQUIRE_FALSE(read.has_value());
  CHECK(read.error().back().problem == EtcdProblem::kOtherCluster);
  CHECK(seen == 1);
}

TEST_CASE("Hostile etcd: statuses become their problems") {
  using grpc::StatusCode;
  const std::vector<std::pair<grpc::Status, EtcdProblem>> statuses = {
      {{StatusCode::PERMISSION_DENIED, "etcdserver: permission denied"}, EtcdProblem::kDenied},
      {{StatusCode::UNAUTHENTICATED, "etcdserver: invalid auth token"}, EtcdProblem::kDenied},
      {{StatusCode::UNIMPLEMENTED, ""}, EtcdProblem::kNotEtcd},
      {{StatusCode::UNAVAILABLE, "etcdserver: no leader"}, EtcdProblem::kNotReady},
      {{StatusCode::RESOURCE_EXHAUSTED, ""}, EtcdProblem::kTooLarge},
      {{StatusCode::DATA_LOSS, "etcdserver: corrupt cluster"}, EtcdProblem::kFailed},
      {{StatusCode::OUT_OF_RANGE, "etcdserver: mvcc: required revision has been compacted"},
       EtcdProblem::kCompacted},
      {{StatusCode::OUT_OF_RANGE, "etcdserver: mvcc: required revision is a future revision"},
       EtcdProblem::kOtherCluster}};
  for (const auto& [status, problem] : statuses) {
    CAPTURE(status.error_message());
    FakeEtcd etcd([&status = status](const auto&, auto&) { return status; });
    CHECK(ProblemOf({.endpoints = {etcd.endpoint()}}) == problem);
  }
}

TEST_CASE("Hostile etcd: every problem has advice of its own that names no value") {
  std::set<std::string_view> said;
  for (auto problem = EtcdProblem::kUnknownHost; problem <= EtcdProblem::kBadPair;
       problem = static_cast<EtcdProblem>(static_cast<int>(problem) + 1)) {
    const std::string_view advice = AdviceFor(problem);
    CHECK(advice.size() > 20);
    CHECK(said.insert(advice).second);
  }
}

}  // namespace
}  // namespace baokms::adapters::etcd
