#include "adapters/transit_http/openbao/reply_classification.h"

#include <doctest/doctest.h>

#include <string_view>

namespace baokms::tests {
namespace {

using adapters::transit_http::ClassifyReply;
using adapters::transit_http::IsMissingAliasName;
using adapters::transit_http::JudgeReply;
using core::OpenBaoStatus;
using ports::AfterReply;

constexpr const char* kError = R"({"errors":["refused"]})";

AfterReply Judged(int status, std::string_view body) {
  return JudgeReply({.status = status, .content_type = {}, .body = core::Secret::Copy(body)});
}

TEST_CASE("Classification: each status has its row") {
  CHECK(ClassifyReply(200, "") == OpenBaoStatus::kOk);
  CHECK(ClassifyReply(204, "") == OpenBaoStatus::kOk);
  CHECK(ClassifyReply(400, kError) == OpenBaoStatus::kInvalidRequest);
  CHECK(ClassifyReply(401, kError) == OpenBaoStatus::kUnauthenticated);
  CHECK(ClassifyReply(403, kError) == OpenBaoStatus::kPermissionDenied);
  CHECK(ClassifyReply(404, kError) == OpenBaoStatus::kNotFound);
  CHECK(ClassifyReply(404, R"({"errors":[]})") == OpenBaoStatus::kNotFound);
  CHECK(ClassifyReply(429, kError) == OpenBaoStatus::kRateLimited);
  CHECK(ClassifyReply(429, "") == OpenBaoStatus::kRateLimited);
  for (const int status : {500, 501, 502, 503, 504, 599}) {
    CHECK(ClassifyReply(status, "") == OpenBaoStatus::kUnavailable);
  }
  for (const int status : {0, 100, 201, 202, 206, 301, 302, 307, 308, 402, 405, 412, 418, 600}) {
    CHECK(ClassifyReply(status, kError) == OpenBaoStatus::kUnknown);
  }
}

TEST_CASE("Classification: a refusal that OpenBao did not write is somebody else's") {
  for (const int status : {400, 401, 402, 403, 404, 405, 407, 413, 451}) {
    CAPTURE(status);
    for (const char* body :
         {"", "<html>denied</html>", "not found", "{}", R"({"error":"x"})", R"({"errors":"x"})",
          R"({"errors":null})", R"({"errors":["x"]} more)", R"(["errors"])"}) {
      CAPTURE(body);
      CHECK(ClassifyReply(status, body) == OpenBaoStatus::kUnavailable);
    }
  }
}

TEST_CASE("Classification: is sealed wins in any case and at any error status") {
  for (const int status : {307, 400, 403, 404, 429, 472, 500, 503}) {
    CHECK(ClassifyReply(status, R"({"errors":["Vault is sealed"]})") == OpenBaoStatus::kSealed);
    CHECK(ClassifyReply(status, R"({"errors":["OPENBAO IS SEALED"]})") == OpenBaoStatus::kSealed);
  }
  CHECK(ClassifyReply(404, R"({"errors":["no handler for route \"sealed/encrypt/k\""]})") ==
        OpenBaoStatus::kNotFound);
  CHECK(ClassifyReply(200, "is sealed") == OpenBaoStatus::kOk);
}

TEST_CASE("Classification: message authentication failed at any error status is decrypt_failed") {
  for (const int status : {400, 403, 500, 503}) {
    CHECK(ClassifyReply(status, R"({"errors":["cipher: message authentication failed"]})") ==
          OpenBaoStatus::kDecryptFailed);
  }
}

TEST_CASE("Classification: a 400 about an unknown encryption key is not found") {
  CHECK(ClassifyReply(400, R"({"errors":["encryption key not found"]})") ==
        OpenBaoStatus::kNotFound);
  CHECK(ClassifyReply(500, R"({"errors":["encryption key not found"]})") ==
        OpenBaoStatus::kUnavailable);
}

TEST_CASE("Judgment: a sealed node gives way to another address") {
  CHECK(Judged(503, R"({"errors":["Vault is sealed"]})") == AfterReply::kTryElsewhere);
  CHECK(Judged(500, R"({"errors":["X IS Sealed"]})") == AfterReply::kTryElsewhere);
  CHECK(Judged(200, "is sealed") == AfterReply::kSettled);
}

TEST_CASE("Judgment: a standby and a proxy without a node are asked again") {
  for (const int status : {301, 307, 308, 502, 503, 504}) {
    CHECK(Judged(status, "") == AfterReply::kTryAgain);
    CHECK(Judged(status, kError) == AfterReply::kTryAgain);
  }
  CHECK(Judged(500, R"({"errors":["no active Vault instance found"]})") == AfterReply::kTryAgain);
  CHECK(Judged(500, R"({"errors":["Vault is in standby mode"]})") == AfterReply::kTryAgain);
  CHECK(Judged(500, "<html>oops</html>") == AfterReply::kTryAgain);
  CHECK(Judged(520, "") == AfterReply::kTryAgain);
}

TEST_CASE("Judgment: what the active node says and what a stranger refuses stays") {
  CHECK(Judged(500, R"({"errors":["internal error"]})") == AfterReply::kSettled);
  CHECK(Judged(500, R"({"errors":["missing name in alias"]})") == AfterReply::kSettled);
  for (const int status : {200, 204, 400, 401, 403, 404, 429}) {
    CHECK(Judged(status, "not active") == AfterReply::kSettled);
    CHECK(Judged(status, kError) == AfterReply::kSettled);
  }
}

TEST_CASE("Classification: missing name in alias is a 500 only") {
  CHECK(IsMissingAliasName(500, R"({"errors":["missing name in alias"]})"));
  CHECK_FALSE(IsMissingAliasName(400, R"({"errors":["missing name in alias"]})"));
  CHECK_FALSE(IsMissingAliasName(500, "other"));
}

}  // namespace
}  // namespace baokms::tests
