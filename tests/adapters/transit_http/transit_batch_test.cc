// Encrypts and decrypts of the client that leave in one call: its body, and what telemetry hears.
#include "adapters/transit_http/openbao/transit_batch.h"

#include <doctest/doctest.h>

#include "adapters/transit_http/openbao/batch_replies.h"
#include "adapters/transit_http/openbao/openbao_transit_client.h"
#include "tests/adapters/transit_http/transport_fixture.h"

namespace baokms::tests {
namespace {

using core::OpenBaoOperation;
using core::OpenBaoStatus;

// Keeps what was sent; the test answers.
class HeldRequests final : public ports::HttpTransport {
 public:
  std::unique_ptr<ports::PendingCall> Send(
      ports::HttpRequest request, ports::CompletionWith<ports::HttpOutcome> done) override {
    requests.push_back(std::move(request));
    completions.push_back(std::move(done));
    return nullptr;
  }
  // As the transport answers a call that carries all of them.
  void AnswerTogether(ports::HttpOutcome outcome) {
    auto shares = requests.front().batch->Share(std::move(outcome), requests.size());
    for (std::size_t i = 0; i < shares.size(); ++i) completions[i](std::move(shares[i]));
  }
  ports::HttpRequest Composed() const {
    std::vector<const ports::HttpRequest*> all;
    for (const ports::HttpRequest& request : requests) all.push_back(&request);
    return requests.front().batch->Compose(all);
  }
  std::vector<ports::HttpRequest> requests;
  std::vector<ports::CompletionWith<ports::HttpOutcome>> completions;
};

ports::HttpOutcome Got(int status, std::string_view body) {
  return {.reply = ports::HttpReply{.status = status,
                                    .content_type = "application/json",
                                    .body = core::Secret::Copy(body)},
          .took = 7ms};
}

struct BatchBench {
  HeldRequests transport;
  WireTelemetry telemetry;
  adapters::transit_http::OpenBaoTransitClient transit{
      {.mount_path = "team/transit", .key_name = "k1"}, {transport, telemetry}};
  std::vector<std::string> outcomes;  // in the order of the requests

  static ports::TokenRef Token(std::uint64_t generation = 1) {
    return std::make_shared<const core::HeldToken>(core::HeldToken{
        .generation = generation, .value = core::Secret::Copy("s.held"), .expires_at = {}});
  }
  static std::shared_ptr<const core::Aad> AadOf(std::string_view json) {
    return std::make_shared<const core::Aad>(core::Aad::FromCanonicalJson(std::string(json)));
  }
  void Encrypt(std::string_view plaintext, std::int64_t version = 2,
               core::Lane lane = core::Lane::kEncrypt) {
    const std::size_t place = outcomes.size();
    outcomes.emplace_back("waits");
    transit.Encrypt(Token(),
                    {.plaintext = core::Secret::Copy(plaintext),
                     .version = *core::TransitKeyVersion::FromNumber(version),
                     .aad = AadOf("{}"),
                     .lane = lane},
                    {}, [this, place](core::Result<core::Ciphertext> result) {
                      outcomes[place] =
                          result ? result->bytes() : std::string(result.error().message());
                    });
  }
  void Decrypt(std::string_view ciphertext, std::uint64_t generation = 1,
               core::Lane lane = core::Lane::kDecrypt) {
    const std::size_t place = outcomes.size();
    outcomes.emplace_back("waits");
    transit.Decrypt(
        Token(generation),
        {.ciphertext = core::Ciphertext(std::string(ciphertext)), .aad = AadOf("{}"), .lane = lane},
        {}, [this, place](core::Result<core::Secret> result) {
          outcomes[place] =
              result ? std::string(result->ExposeSecret()) : std::string(result.error().message());
        });
  }
};

TEST_CASE("Transit batch: items keep their own input and associated data and version") {
  BatchBench bench;
  bench.Encrypt("a", 2);
  bench.Encrypt("bc", 1);
  const ports::HttpRequest call = bench.transport.Composed();
  CHECK(call.body.ExposeSecret() ==
        R"({"batch_input":[)"
        R"({"plaintext":"YQ==","associated_data":"e30=","key_version":2,"reference":"0"},)"
        R"({"plaintext":"YmM=","associated_data":"e30=","key_version":1,"reference":"1"}]})");
  CHECK(call.method == ports::HttpMethod::kPost);
  CHECK(call.path == "/v1/team/transit/encrypt/k1");
  CHECK(call.credential_header.ExposeSecret() == "X-Vault-Token: s.held");
  CHECK(call.lane == core::Lane::kEncrypt);
  CHECK(call.max_reply_bytes == 4 * 1024 * 1024);
  CHECK(call.max_error_bytes == 4 * 1024 * 1024);
  CHECK((call.judge == adapters::transit_http::JudgeBatchReply));

  BatchBench decrypts;
  for (int i = 0; i < 11; ++i) decrypts.Decrypt("vault:v1:" + std::to_string(i));
  const std::string body(decrypts.transport.Composed().body.ExposeSecret());
  CHECK(body.starts_with(
      R"({"batch_input":[{"ciphertext":"vault:v1:0","associated_data":"e30=","reference":"0"},)"));
  CHECK(body.ends_with(
      R"(,{"ciphertext":"vault:v1:10","associated_data":"e30=","reference":"10"}]})"));
}

TEST_CASE("Transit batch: kinds and tokens are kept apart and probes stay alone") {
  BatchBench bench;
  bench.Encrypt("a");
  bench.Decrypt("vault:v1:x");
  bench.Decrypt("vault:v1:y", /*generation=*/2);
  bench.Decrypt("vault:v1:z");
  const auto& sent = bench.transport.requests;
  CHECK(sent[0].batch != sent[1].batch);
  CHECK(sent[1].batch == sent[2].batch);
  CHECK(sent[1].batch_group != sent[2].batch_group);
  CHECK(sent[1].batch == sent[3].batch);
  CHECK(sent[1].batch_group == sent[3].batch_group);
  BatchBench probes;
  probes.Encrypt("a", 2, core::Lane::kProbe);
  probes.Decrypt("vault:v1:x", 1, core::Lane::kProbe);
  probes.transit.ReadKeyMetadata(BatchBench::Token(), {}, [](const auto&) {});
  for (const auto& request : probes.transport.requests) CHECK(request.batch == nullptr);
}

TEST_CASE("Transit batch: an item's failure is its own and the call counts once") {
  BatchBench bench;
  bench.Encrypt("a");
  bench.Encrypt("b");
  bench.Encrypt("c");
  bench.transport.AnswerTogether(
      Got(400, R"({"request_id":"id-5","data":{"batch_results":[)"
               R"({"ciphertext":"vault:v2:QQ==","key_version":2,"reference":"0"},)"
               R"({"error":"encryption key not found","reference":"1"},)"
               R"({"ciphertext":"vault:v3:QQ==","key_version":3,"reference":"2"}]}})"));
  CHECK(bench.outcomes ==
        std::vector<std::string>{
            "vault:v2:QQ==", std::string(core::OpenBaoFailure(OpenBaoStatus::kNotFound).message()),
            std::string(core::InvalidOpenBaoReply().message())});
  const auto events = bench.telemetry.wire();
  REQUIRE(events.size() == 1);
  CHECK(events[0].operation == OpenBaoOperation::kTransitBatchEncrypt);
  CHECK(events[0].status == OpenBaoStatus::kOk);
  CHECK(events[0].duration == 7ms);
  CHECK(events[0].request_id == "id-5");
  CHECK(bench.telemetry.batches() == std::vector<std::size_t>{3});
}

TEST_CASE("Transit batch: a call that failed is everybody's failure and counts once") {
  BatchBench bench;
  bench.Decrypt("vault:v1:x");
  bench.Decrypt("vault:v1:y");
  bench.transport.AnswerTogether(
      {.reply = std::unexpected(core::OpenBaoFailure(OpenBaoStatus::kConnectionFailed)),
       .took = 3ms});
  const std::string failed(core::OpenBaoFailure(OpenBaoStatus::kConnectionFailed).message());
  CHECK(bench.outcomes == std::vector<std::string>{failed, failed});
  const auto events = bench.telemetry.wire();
  REQUIRE(events.size() == 1);
  CHECK(events[0].operation == OpenBaoOperation::kTransitBatchDecrypt);
  CHECK(events[0].status == OpenBaoStatus::kConnectionFailed);
  CHECK(bench.telemetry.batches() == std::vector<std::size_t>{2});
}

TEST_CASE("Transit batch: one that never left counts nowhere and a superseded attempt once") {
  BatchBench bench;
  bench.Decrypt("vault:v1:x");
  bench.Decrypt("vault:v1:y");
  const auto batch = bench.transport.requests.front().batch;
  batch->Superseded(Got(502, "x"), 2);
  bench.transport.AnswerTogether({.reply = std::unexpected(core::Cancelled()), .took = {}});
  const auto events = bench.telemetry.wire();
  REQUIRE(events.size() == 1);
  CHECK(events[0].status == OpenBaoStatus::kUnavailable);
  CHECK(bench.telemetry.batches() == std::vector<std::size_t>{2});
}

}  // namespace
}  // namespace baokms::tests
