#include "adapters/transit_http/openbao/reply_classification.h"

#include <doctest/doctest.h>

namespace baokms::tests {
namespace {

using adapters::transit_http::AnotherNodeMayAnswer;
using adapters::transit_http::ClassifyReply;
using adapters::transit_http::IsMissingAliasName;
using core::OpenBaoStatus;

TEST_CASE("Classification: each status has its row") {
  CHECK(ClassifyReply(200, "") == OpenBaoStatus::kOk);
  CHECK(ClassifyReply(204, "") == OpenBaoStatus::kOk);
  CHECK(ClassifyReply(400, "") == OpenBaoStatus::kInvalidRequest);
  CHECK(ClassifyReply(401, "") == OpenBaoStatus::kUnauthenticated);
  CHECK(ClassifyReply(403, "") == OpenBaoStatus::kPermissionDenied);
  CHECK(ClassifyReply(404, "") == OpenBaoStatus::kNotFound);
  CHECK(ClassifyReply(429, "") == OpenBaoStatus::kRateLimited);
  for (const int status : {500, 501, 502, 503, 504, 599}) {
    CHECK(ClassifyReply(status, "") == OpenBaoStatus::kUnavailable);
  }
  for (const int status : {0, 100, 201, 202, 206, 301, 302, 307, 308, 402, 405, 412, 418, 600}) {
    CHECK(ClassifyReply(status, "") == OpenBaoStatus::kUnknown);
  }
}

TEST_CASE("Classification: is sealed wins in any case and at any error status") {
  for (const int status : {307, 400, 403, 404, 429, 472, 500, 503}) {
    CHECK(ClassifyReply(status, R"({"errors":["Vault is sealed"]})") == OpenBaoStatus::kSealed);
    CHECK(ClassifyReply(status, R"({"errors":["OPENBAO IS SEALED"]})") == OpenBaoStatus::kSealed);
  }
  CHECK(ClassifyReply(404, R"(no handler for route "sealed/encrypt/k")") ==
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

TEST_CASE("Classification: only a node that cannot serve gives way to another") {
  CHECK(AnotherNodeMayAnswer(503, "Vault is sealed"));
  CHECK(AnotherNodeMayAnswer(307, ""));
  CHECK(AnotherNodeMayAnswer(502, ""));
  CHECK(AnotherNodeMayAnswer(500, "no active Vault instance found"));
  CHECK(AnotherNodeMayAnswer(500, "Vault is in standby mode"));
  CHECK_FALSE(AnotherNodeMayAnswer(500, "internal error"));
  CHECK_FALSE(AnotherNodeMayAnswer(500, "missing name in alias"));
  CHECK_FALSE(AnotherNodeMayAnswer(429, ""));
  CHECK_FALSE(AnotherNodeMayAnswer(400, "not active"));
  CHECK_FALSE(AnotherNodeMayAnswer(200, "is sealed"));
}

TEST_CASE("Classification: missing name in alias is a 500 only") {
  CHECK(IsMissingAliasName(500, R"({"errors":["missing name in alias"]})"));
  CHECK_FALSE(IsMissingAliasName(400, R"({"errors":["missing name in alias"]})"));
  CHECK_FALSE(IsMissingAliasName(500, "other"));
}

}  // namespace
}  // namespace baokms::tests
