// What each item of a batch is told, by the reply to the whole (openbao-observed.md).
#include "adapters/transit_http/openbao/batch_replies.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "adapters/transit_http/openbao/openbao_replies.h"
#include "adapters/transit_http/openbao/reply_classification.h"
#include "core/text/base64.h"

namespace baokms::tests {
namespace {

using adapters::transit_http::BatchReplies;
using adapters::transit_http::ClassifyReply;
using adapters::transit_http::JudgeBatchReply;
using adapters::transit_http::ReadBatchReplies;
using adapters::transit_http::ReadDecryptReply;
using adapters::transit_http::ReadEncryptReply;
using core::OpenBaoStatus;
using ports::AfterReply;

ports::HttpReply Arrived(int status, std::string_view body) {
  return {.status = status, .content_type = "application/json", .body = core::Secret::Copy(body)};
}

std::string Whole(const std::vector<std::string>& results) {
  std::string list;
  for (const std::string& result : results) list += (list.empty() ? "" : ",") + result;
  return R"({"request_id":"id-7","data":{"batch_results":[)" + list + "]}}";
}

// Of position `i`: a result that holds what belongs to no other.
std::string Sealed(int i, int version = 2) {
  const std::string v = std::to_string(version);
  const std::string n = std::to_string(i);
  return R"({"ciphertext":"vault:v)" + v + ":item" + n + R"(","key_version":)" + v +
         R"(,"reference":")" + n + R"("})";
}
std::string Opened(int i) {
  const std::string n = std::to_string(i);
  return R"({"plaintext":")" + core::Base64Encode(n) + R"(","reference":")" + n + R"("})";
}
std::string Failed(int i, std::string_view error) {
  return R"({"error":")" + std::string(error) + R"(","plaintext":"","reference":")" +
         std::to_string(i) + R"("})";
}

core::TransitKeyVersion Two() { return *core::TransitKeyVersion::FromNumber(2); }

// What the reader of single replies makes of an item's.
std::string EncryptOutcome(const ports::HttpReply& reply) {
  const std::string_view body = reply.body.ExposeSecret();
  const OpenBaoStatus status = ClassifyReply(reply.status, body);
  if (status != OpenBaoStatus::kOk) return std::string(core::Name(status));
  auto read = ReadEncryptReply(body, Two());
  return read.result ? read.result->bytes() : std::string(read.result.error().message());
}
std::string DecryptOutcome(const ports::HttpReply& reply) {
  const std::string_view body = reply.body.ExposeSecret();
  const OpenBaoStatus status = ClassifyReply(reply.status, body);
  if (status != OpenBaoStatus::kOk) return std::string(core::Name(status));
  auto read = ReadDecryptReply(body);
  return read.result ? std::string(read.result->ExposeSecret())
                     : std::string(read.result.error().message());
}

using Outcomes = std::vector<std::string>;
Outcomes Encrypts(const BatchReplies& replies) {
  Outcomes outcomes;
  for (const auto& item : replies.items) outcomes.push_back(EncryptOutcome(item));
  return outcomes;
}
Outcomes Decrypts(const BatchReplies& replies) {
  Outcomes outcomes;
  for (const auto& item : replies.items) outcomes.push_back(DecryptOutcome(item));
  return outcomes;
}

const std::string kNoFit(core::InvalidOpenBaoReply().message());
const std::string kNoReply(core::OpenBaoFailure(OpenBaoStatus::kUnavailable).message());

TEST_CASE("Batch reply: each item gets its own result") {
  const auto sealed = ReadBatchReplies(Arrived(200, Whole({Sealed(0), Sealed(1), Sealed(2)})), 3);
  CHECK(Encrypts(sealed) == Outcomes{"vault:v2:item0", "vault:v2:item1", "vault:v2:item2"});
  CHECK(sealed.status == OpenBaoStatus::kOk);
  CHECK(sealed.request_id == "id-7");
  const auto opened = ReadBatchReplies(Arrived(200, Whole({Opened(0), Opened(1), Opened(2)})), 3);
  CHECK(Decrypts(opened) == Outcomes{"0", "1", "2"});
}

TEST_CASE("Batch reply: an item that failed has the single call's error in every position") {
  struct Row {
    std::string_view words;
    OpenBaoStatus status;
    int whole = 400;
  };
  for (const Row& row :
       {Row{"cipher: message authentication failed", OpenBaoStatus::kDecryptFailed},
        Row{"invalid ciphertext: no prefix", OpenBaoStatus::kInvalidRequest},
        Row{"invalid ciphertext: could not decode base64", OpenBaoStatus::kInvalidRequest},
        Row{"invalid ciphertext length", OpenBaoStatus::kInvalidRequest},
        Row{"invalid ciphertext: version is too new", OpenBaoStatus::kInvalidRequest},
        Row{"ciphertext or signature version is disallowed by policy (too old)",
            OpenBaoStatus::kInvalidRequest},
        Row{"encryption key not found", OpenBaoStatus::kNotFound},
        Row{"missing plaintext to encrypt", OpenBaoStatus::kInvalidRequest},
        Row{"illegal base64 data at input byte 0", OpenBaoStatus::kInvalidRequest},
        Row{"requested version for encryption is higher than the latest key version",
            OpenBaoStatus::kInvalidRequest},
        Row{"requested version for encryption is negative", OpenBaoStatus::kInvalidRequest},
        Row{"requested version for encryption is less than the minimum encryption key version",
            OpenBaoStatus::kInvalidRequest},
        Row{"unable to get associated_data/additional_data from factory[0]: illegal base64 data "
            "at input byte 0",
            OpenBaoStatus::kUnavailable, 500},
        Row{"cipher: message authentication failed", OpenBaoStatus::kDecryptFailed, 207},
        Row{"cipher: message authentication failed", OpenBaoStatus::kDecryptFailed, 200}}) {
    CAPTURE(row.words);
    for (int at = 0; at < 3; ++at) {
      CAPTURE(at);
      std::vector<std::string> results{Opened(0), Opened(1), Opened(2)};
      Outcomes expected{"0", "1", "2"};
      results[static_cast<std::size_t>(at)] = Failed(at, row.words);
      expected[static_cast<std::size_t>(at)] = core::Name(row.status);
      const auto replies = ReadBatchReplies(Arrived(row.whole, Whole(results)), 3);
      CHECK(Decrypts(replies) == expected);
      CHECK(replies.status == OpenBaoStatus::kOk);
    }
  }
}

TEST_CASE("Batch reply: an item of another version is that item's error alone") {
  for (int at = 0; at < 3; ++at) {
    CAPTURE(at);
    std::vector<std::string> results{Sealed(0), Sealed(1), Sealed(2)};
    Outcomes expected{"vault:v2:item0", "vault:v2:item1", "vault:v2:item2"};
    results[static_cast<std::size_t>(at)] = Sealed(at, /*version=*/3);
    expected[static_cast<std::size_t>(at)] = kNoFit;
    CHECK(Encrypts(ReadBatchReplies(Arrived(200, Whole(results)), 3)) == expected);
  }
}

TEST_CASE("Batch reply: results that do not fit the request are nobody's") {
  const Outcomes nobody{kNoFit, kNoFit, kNoFit};
  for (const int status : {200, 400, 500}) {
    for (const std::vector<std::string>& results :
         {std::vector<std::string>{},
          {Opened(0), Opened(1)},
          {Opened(0), Opened(1), Opened(2), R"({"plaintext":"Mw==","reference":"3"})"},
          {Opened(1), Opened(0), Opened(2)},
          {Opened(0), Opened(2), Opened(1)},
          {Opened(0), Opened(0), Opened(2)},
          {Opened(0), Opened(1), R"({"plaintext":"Mg=="})"},
          {Opened(0), Opened(1), R"({"plaintext":"Mg==","reference":2})"},
          {Opened(0), Opened(1), R"({"plaintext":"Mg==","reference":null})"},
          {Opened(0), "null", Opened(2)},
          {Opened(0), "[]", Opened(2)}}) {
      const std::string body = Whole(results);
      CAPTURE(body);
      const auto replies = ReadBatchReplies(Arrived(status, body), 3);
      CHECK(Decrypts(replies) == nobody);
      CHECK(replies.status == OpenBaoStatus::kUnknown);
    }
  }
  CHECK(Decrypts(ReadBatchReplies(Arrived(200, R"({"data":{"plaintext":"MA=="}})"), 3)) == nobody);
  CHECK(Decrypts(ReadBatchReplies(Arrived(200, R"({"data":null})"), 3)) == nobody);
}

TEST_CASE("Batch reply: a result that cannot be read is that item's error alone") {
  for (const auto& [result, expected] : std::vector<std::pair<std::string, std::string>>{
           {R"({"plaintext":"!","reference":"1"})", kNoReply},
           {R"({"plaintext":"MQ=","reference":"1"})", kNoReply},
           {R"({"plaintext":"M\"Q=","reference":"1"})", kNoReply},
           {R"({"plaintext":"MQ==\\","reference":"1"})", kNoReply},
           {R"({"plaintext":5,"reference":"1"})", kNoReply},
           {R"({"plaintext":["MQ=="],"reference":"1"})", kNoReply},
           {R"({"error":5,"plaintext":"MQ==","reference":"1"})", kNoReply},
           {R"({"plaintext":"","reference":"1"})", kNoFit},
           {R"({"plaintext":null,"reference":"1"})", kNoFit},
           {R"({"reference":"1"})", kNoFit},
           {R"({"error":"","plaintext":"MQ==","reference":"1"})", "1"}}) {
    CAPTURE(result);
    const auto replies = ReadBatchReplies(Arrived(200, Whole({Opened(0), result, Opened(2)})), 3);
    CHECK(Decrypts(replies) == Outcomes{"0", expected, "2"});
  }
  for (const std::string_view result :
       {R"({"ciphertext":"vault:v2:QQ==\",\"y\":\"","key_version":2,"reference":"1"})",
        R"({"ciphertext":"vault:v2:QQ==","key_version":"2","reference":"1"})"}) {
    CAPTURE(result);
    const auto replies =
        ReadBatchReplies(Arrived(200, Whole({Sealed(0), std::string(result), Sealed(2)})), 3);
    CHECK(Encrypts(replies) == Outcomes{"vault:v2:item0", kNoReply, "vault:v2:item2"});
  }
}

TEST_CASE("Batch reply: one without results is everybody's") {
  struct Row {
    int status;
    std::string_view body;
    OpenBaoStatus is;
  };
  for (const Row& row :
       {Row{400, R"({"errors":["encryption key not found"]})", OpenBaoStatus::kNotFound},
        Row{400, R"({"errors":["missing batch input to process"]})",
            OpenBaoStatus::kInvalidRequest},
        Row{400, R"({"errors":["error parsing JSON"]})", OpenBaoStatus::kInvalidRequest},
        Row{403, R"({"errors":["permission denied"]})", OpenBaoStatus::kPermissionDenied},
        Row{403, R"({"errors":["1 error occurred:\n\t* permission denied\n\n"]})",
            OpenBaoStatus::kPermissionDenied},
        Row{404, R"({"errors":["no handler for route"]})", OpenBaoStatus::kNotFound},
        Row{413, "<html>too large</html>", OpenBaoStatus::kUnavailable},
        Row{429, R"({"errors":["rate limit quota exceeded"]})", OpenBaoStatus::kRateLimited},
        Row{500, R"({"errors":["failed to parse batch input"]})", OpenBaoStatus::kUnavailable},
        Row{503, R"({"errors":["Vault is sealed"]})", OpenBaoStatus::kSealed}}) {
    CAPTURE(row.body);
    const auto replies = ReadBatchReplies(Arrived(row.status, row.body), 3);
    CHECK(replies.status == row.is);
    const std::string expected(core::Name(row.is));
    CHECK(Decrypts(replies) == Outcomes{expected, expected, expected});
    for (const auto& item : replies.items) CHECK(item.body.ExposeSecret() == row.body);
  }
  const Outcomes nothing{kNoReply, kNoReply};
  CHECK(Decrypts(ReadBatchReplies(Arrived(200, ""), 2)) == nothing);
  CHECK(Decrypts(ReadBatchReplies(Arrived(204, ""), 2)) == nothing);
  const std::string whole = Whole({Opened(0), Opened(1)});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    CHECK(Decrypts(ReadBatchReplies(Arrived(200, whole.substr(0, size)), 2)) == nothing);
  }
  CHECK(Decrypts(ReadBatchReplies(Arrived(200, whole + whole), 2)) == nothing);
}

TEST_CASE("Batch reply: results settle a call whatever its status") {
  const std::string results = Whole({Opened(0), Failed(1, "x")});
  for (const int status : {200, 400, 500, 503}) {
    CHECK(JudgeBatchReply(Arrived(status, results)) == AfterReply::kSettled);
  }
  CHECK(JudgeBatchReply(Arrived(500, R"({"errors":["boom"]})")) == AfterReply::kSettled);
  CHECK(JudgeBatchReply(Arrived(502, "bad gateway")) == AfterReply::kTryAgain);
  CHECK(JudgeBatchReply(Arrived(503, R"({"errors":["Vault is sealed"]})")) ==
        AfterReply::kTryElsewhere);
}

}  // namespace
}  // namespace baokms::tests
