#include "adapters/transit_http/openbao/reply_classification.h"

#include <algorithm>

namespace baokms::adapters::transit_http {
namespace {

using core::OpenBaoStatus;

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

bool AnotherNodeMayAnswer(int http_status, std::string_view body) {
  if (IsSealed(http_status, body)) return true;
  if (http_status >= 300 && http_status <= 399) return true;
  // 502 to 504: a node, or what stands before it, that reaches no active node.
  if (http_status >= 502 && http_status <= 504) return true;
  // OpenBao's own words of a standby; other 500s are the active node's answer and stay.
  return http_status == 500 &&
         (ContainsInAnyCase(body, "not active") || ContainsInAnyCase(body, "no active") ||
          ContainsInAnyCase(body, "in standby mode"));
}

bool IsMissingAliasName(int http_status, std::string_view body) {
  return http_status == 500 && body.contains("missing name in alias");
}

}  // namespace baokms::adapters::transit_http
