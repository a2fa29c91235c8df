#include "adapters/transit_http/openbao/batch_replies.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "adapters/strict_json/strict_json.h"
#include "adapters/transit_http/openbao/reply_classification.h"
#include "adapters/transit_http/openbao/reply_field.h"
#include "adapters/transit_http/openbao/secret_writer.h"
#include "core/text/json_string.h"

namespace baokms::adapters::transit_http {
namespace {

using core::OpenBaoStatus;
using simdjson::dom::array;
using simdjson::dom::object;
using strict_json::StrictJson;

constexpr int kOk = 200;
constexpr int kBadRequest = 400;

bool Succeeded(int status) { return status >= 200 && status <= 299; }

ports::HttpReply Reply(int status, std::string_view body) {
  return {.status = status, .content_type = {}, .body = core::Secret::Copy(body)};
}

// What the single call's reader refuses as no reply at all, and as one that contradicts its
// request.
ports::HttpReply Unreadable() { return Reply(kOk, "{"); }
ports::HttpReply Contradiction() { return Reply(kOk, R"({"data":{}})"); }

std::optional<array> ResultsOf(object root) {
  const auto data = RequiredField<object>(root, "data");
  return data ? RequiredField<array>(*data, "batch_results") : std::nullopt;
}

// Each result names the item that it belongs to.
bool Fits(array results, std::size_t items) {
  std::size_t position = 0;
  for (const simdjson::dom::element result : results) {
    object item;
    if (result.get(item) != simdjson::SUCCESS) return false;
    if (RequiredField<std::string_view>(item, "reference") != std::to_string(position++)) {
      return false;
    }
  }
  return position == items;
}

// What base64 text and ciphertexts consist of needs no escapes.
bool IsPlain(std::string_view text) {
  return std::ranges::all_of(text,
                             [](char c) { return c > ' ' && c < 0x7f && c != '"' && c != '\\'; });
}

// {"data":{"plaintext":"...","ciphertext":"...","key_version":N}} of what the result has of these.
ports::HttpReply SuccessOf(object result) {
  const auto plaintext = ReadField<std::string_view>(result, "plaintext");
  const auto ciphertext = ReadField<std::string_view>(result, "ciphertext");
  const auto version = ReadField<std::int64_t>(result, "key_version");
  const bool mistyped = plaintext.state == FieldState::kWrongType ||
                        ciphertext.state == FieldState::kWrongType ||
                        version.state == FieldState::kWrongType;
  if (mistyped || !IsPlain(plaintext.value) || !IsPlain(ciphertext.value)) return Unreadable();
  constexpr std::string_view kPlaintext = R"({"data":{"plaintext":")";
  constexpr std::string_view kCiphertext = R"(","ciphertext":")";
  constexpr std::string_view kVersion = R"(","key_version":)";
  constexpr std::string_view kEnd = "}}";
  const std::string number =
      version.state == FieldState::kPresent ? std::to_string(version.value) : "null";
  ports::HttpReply reply{.status = kOk, .content_type = {}, .body = {}};
  reply.body =
      core::Secret::OfSize(kPlaintext.size() + plaintext.value.size() + kCiphertext.size() +
                           ciphertext.value.size() + kVersion.size() + number.size() + kEnd.size());
  SecretWriter write(reply.body);
  write.Text(kPlaintext);
  write.Text(plaintext.value);
  write.Text(kCiphertext);
  write.Text(ciphertext.value);
  write.Text(kVersion);
  write.Text(number);
  write.Text(kEnd);
  return reply;
}

// A failed item has the single call's words, under the status of the whole.
ports::HttpReply ReplyOf(object result, int status) {
  const auto error = ReadField<std::string_view>(result, "error");
  if (error.state == FieldState::kWrongType) return Unreadable();
  if (error.value.empty()) return SuccessOf(result);
  return Reply(Succeeded(status) ? kBadRequest : status,
               R"({"errors":[)" + core::JsonString(error.value) + "]}");
}

template <typename Make>
std::vector<ports::HttpReply> ForAll(std::size_t items, Make make) {
  std::vector<ports::HttpReply> replies;
  replies.reserve(items);
  while (replies.size() < items) replies.push_back(make());
  return replies;
}

}  // namespace

BatchReplies ReadBatchReplies(const ports::HttpReply& reply, std::size_t items) {
  const std::string_view body = reply.body.ExposeSecret();
  const auto json = StrictJson::Parse(body);
  const std::string request_id = json ? ReadRequestId(json->root()) : std::string();
  const std::optional<array> results = json ? ResultsOf(json->root()) : std::nullopt;
  if (!results && !Succeeded(reply.status)) {
    return {ForAll(items, [&] { return Reply(reply.status, body); }),
            ClassifyReply(reply.status, body), request_id};
  }
  if (!json) return {ForAll(items, Unreadable), OpenBaoStatus::kUnavailable, request_id};
  if (!results || !Fits(*results, items)) {
    return {ForAll(items, Contradiction), OpenBaoStatus::kUnknown, request_id};
  }
  BatchReplies replies{.items = {}, .status = OpenBaoStatus::kOk, .request_id = request_id};
  replies.items.reserve(items);
  for (const simdjson::dom::element result : *results) {
    replies.items.push_back(ReplyOf(result.get_object().value_unsafe(), reply.status));
  }
  return replies;
}

ports::AfterReply JudgeBatchReply(const ports::HttpReply& reply) {
  const auto judgment = JudgeReply(reply);
  if (judgment == ports::AfterReply::kSettled) return judgment;
  const auto json = StrictJson::Parse(reply.body.ExposeSecret());
  return json && ResultsOf(json->root()) ? ports::AfterReply::kSettled : judgment;
}

}  // namespace baokms::adapters::transit_http
