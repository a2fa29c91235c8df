#include "adapters/transit_http/openbao/reply_classification.h"

#include <algorithm>

#include "adapters/strict_json/strict_json.h"
#include "adapters/transit_http/openbao/reply_field.h"

namespace baokms::adapters::transit_http {
namespace {

using core::OpenBaoStatus;
using ports::AfterReply;

char LowerAscii(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool ContainsInAnyCase(std::string_view text, std::string_view lower_case_phrase) {
  return std::search(text.begin(), text.end(), lower_case_phrase.begin(), lower_case_phrase.end(),
                     [](char a, char b) { return LowerAscii(a) == b; }) != text.end();
}

bool IsSuccess(int http_status) { return http_status == 200 || http_status == 204; }

// "sealed" alone would match a mount of that name.
bool IsSealed(int http_status, std::string_view body) {
  return !IsSuccess(http_status) && ContainsInAnyCase(body, "is sealed");
}

}  // namespace

OpenBaoStatus ClassifyReply(int http_status, std::string_view body) {
  if (IsSuccess(http_status)) return OpenBaoStatus::kOk;
  if (IsSealed(http_status, body)) return OpenBaoStatus::kSealed;
  if (body.contains("message authentication failed")) return OpenBaoStatus::kDecryptFailed;
  const bool refused = http_status >= 400 && http_status <= 499 && http_status != 429;
  if (refused && !IsOpenBaoError(body)) return OpenBaoStatus::kUnavailable;
  switch (http_status) {
    case 400:
      return body.contains("encryption key not found") ? OpenBaoStatus::kNotFound
                                                       : OpenBaoStatus::kInvalidRequest;
    case 401:
      return OpenBaoStatus::kUnauthenticated;
    case 403:
      return OpenBaoStatus::kPermissionDenied;
    case 404:
      return OpenBaoStatus::kNotFound;
    case 429:
      return OpenBaoStatus::kRateLimited;
    default:
      return http_status >= 500 && http_status <= 599 ? OpenBaoStatus::kUnavailable
                                                      : OpenBaoStatus::kUnknown;
  }
}

bool IsOpenBaoError(std::string_view body) {
  const auto json = strict_json::StrictJson::Parse(body);
  return json &&
         ReadField<simdjson::dom::array>(json->root(), "errors").state == FieldState::kPresent;
}

AfterReply JudgeReply(const ports::HttpReply& reply) {
  const std::string_view body = reply.body.ExposeSecret();
  if (IsSealed(reply.status, body)) return AfterReply::kTryElsewhere;
  if (IsRedirect(reply.status)) return AfterReply::kTryAgain;
  // A node, or what stands before it, that reaches no active node.
  if (reply.status >= 502 && reply.status <= 504) return AfterReply::kTryAgain;
  if (reply.status < 500) return AfterReply::kSettled;
  // OpenBao's own words of a standby. Its other 5xx are the active node's answer and stay.
  const bool standby = ContainsInAnyCase(body, "not active") ||
                       ContainsInAnyCase(body, "no active") ||
                       ContainsInAnyCase(body, "in standby mode");
  return standby || !IsOpenBaoError(body) ? AfterReply::kTryAgain : AfterReply::kSettled;
}

bool IsRedirect(int http_status) { return http_status >= 300 && http_status <= 399; }

bool IsStandbyRedirect(int http_status) { return http_status == 307 || http_status == 308; }

bool IsMissingCertificate(int http_status, std::string_view body) {
  // The first until OpenBao 2.5, the second since 2.6, the third where a proxy speaks plain HTTP to
  // OpenBao 2.5 or older.
  return http_status == 400 &&
         (body.contains("client certificate must be supplied") ||
          body.contains("no client certificate found") || body.contains("tls connection required"));
}

bool IsMissingAliasName(int http_status, std::string_view body) {
  return http_status == 500 && body.contains("missing name in alias");
}

}  // namespace baokms::adapters::transit_http
