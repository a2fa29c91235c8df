// What the answers of a running provider mean to `doctor`.
#include "app/checks/running_provider.h"

#include <doctest/doctest.h>

#include "core/wire/sha256.h"

namespace baokms::app {
namespace {

using adapters::grpc_kms::SocketStatus;

constexpr const char* kKeyId = "obk2.ss0O3n-9VwT5fCmkKqgZcC0_8oCzJ7OaVmsyJqvYpnU";

ProviderAnswers Answers(const std::string& healthz, int code, const std::string& body) {
  return {.status = SocketStatus{.version = "v2", .healthz = healthz, .key_id = kKeyId},
          .ready = adapters::health_http::Page{.status = code, .body = body}};
}

TEST_CASE("Running provider: one that serves passes with the hash of its key") {
  const CheckResult result =
      JudgeProvider(Answers("ok", 200, R"({"status":"ok","healthz":"ok","reasons":[]})"));
  CHECK(result.status == CheckStatus::kPass);
  CHECK(result.message == "it serves; key_id_hash " + core::PublicHash(kKeyId));
}

TEST_CASE("Running provider: Status alone is enough where health is off") {
  ProviderAnswers answers = Answers("ok", 200, "");
  answers.ready.reset();
  CHECK(JudgeProvider(answers).status == CheckStatus::kPass);
}

TEST_CASE("Running provider: an unhealthy one fails with its reasons and the advice on the cause") {
  const CheckResult result = JudgeProvider(
      Answers("unhealthy", 503,
              R"({"status":"unavailable","reasons":["metadata_read_failed","status_stale"],)"
              R"("metadata_error_class":"openbao_sealed"})"));
  CHECK(result.status == CheckStatus::kFail);
  CHECK(result.message ==
        "it runs, but Status is not healthy: metadata_read_failed, status_stale (openbao_sealed)");
  CHECK(result.advice == "OpenBao is sealed: unseal it");
}

TEST_CASE("Running provider: a save that fails is told also while it serves") {
  CHECK(JudgeProvider(Answers("ok", 200,
                              R"({"status":"ok","reasons":[],"persistence_degraded":true})"))
            .status == CheckStatus::kWarn);
  const CheckResult failed = JudgeProvider(Answers(
      "unhealthy", 503, R"({"status":"unavailable","reasons":["state_save_failed"]})"));
  CHECK(failed.status == CheckStatus::kFail);
  CHECK(failed.advice.find("free space") != std::string::npos);
}

TEST_CASE("Running provider: what degrades it is a warning") {
  const CheckResult result = JudgeProvider(Answers(
      "ok", 200, R"({"status":"ok","reasons":["retired_version_undecryptable"]})"));
  CHECK(result.status == CheckStatus::kWarn);
  CHECK(result.message.find("retired_version_undecryptable") != std::string::npos);
}

TEST_CASE("Running provider: one that does not listen yet fails with what it waits for") {
  ProviderAnswers answers{
      .status = std::nullopt,
      .ready = adapters::health_http::Page{
          .status = 503,
          .body = R"({"status":"unavailable","reasons":["metadata_read_failed"],)"
                  R"("metadata_error_class":"auth_failed"})"}};
  const CheckResult result = JudgeProvider(answers);
  CHECK(result.status == CheckStatus::kFail);
  CHECK(result.message == "it runs, but does not serve: metadata_read_failed (auth_failed)");
  answers.ready.reset();
  CHECK(JudgeProvider(answers).message == "it runs, but does not serve yet");
}

TEST_CASE("Running provider: a Status that cannot be asked is a warning beside a good ready page") {
  ProviderAnswers answers = Answers("ok", 200, R"({"status":"ok","reasons":[]})");
  answers.status = std::unexpected(core::RpcCode::kUnavailable);
  const CheckResult result = JudgeProvider(answers);
  CHECK(result.status == CheckStatus::kWarn);
  CHECK(result.advice.find("server.allowedPeers") != std::string::npos);
  answers.ready.reset();
  CHECK(JudgeProvider(answers).status == CheckStatus::kFail);
}

TEST_CASE("Running provider: words of another program are not repeated") {
  const CheckResult result = JudgeProvider(Answers(
      "unhealthy", 503, R"({"status":1,"reasons":["/etc/passwd","\u001b[2J"]})"));
  CHECK(result.message == "it runs, but Status is not healthy: unknown, unknown");
  CHECK(JudgeProvider(Answers("unhealthy", 503, "<html>")).message ==
        "it runs, but Status is not healthy");
}

}  // namespace
}  // namespace baokms::app
