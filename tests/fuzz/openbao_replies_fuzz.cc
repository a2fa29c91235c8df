// OpenBao's replies: a reply that is cut or has something behind it is never believed, and what is
// believed keeps its promises.
#include <algorithm>
#include <cstdint>
#include <string>

#include "adapters/strict_json/strict_json.h"
#include "adapters/transit_http/openbao/openbao_replies.h"
#include "adapters/transit_http/openbao/reply_classification.h"
#include "tests/fuzz/require.h"

namespace {

using namespace baokms;
using namespace adapters::transit_http;
using adapters::strict_json::StrictJson;
using fuzz::Require;

std::string_view WithoutBlanks(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

void CheckWhole(std::string_view text) {
  if (!StrictJson::Parse(text)) return;
  const std::string whole(WithoutBlanks(text));
  Require(whole.front() == '{' && whole.back() == '}', "a reply is an object");
  Require(StrictJson::Parse(whole) != nullptr, "blanks around it change nothing");
  const std::size_t step = std::max<std::size_t>(1, whole.size() / 64);
  for (std::size_t length = 0; length < whole.size(); length += step) {
    Require(!StrictJson::Parse(std::string_view(whole).substr(0, length)), "cut");
  }
  Require(!StrictJson::Parse(std::string_view(whole).substr(0, whole.size() - 1)), "cut by one");
  Require(!StrictJson::Parse(whole + whole), "doubled");
  Require(!StrictJson::Parse(whole + "\n" + whole), "doubled in lines");
  Require(!StrictJson::Parse(whole + "x"), "with more behind it");
}

void CheckReaders(std::string_view text) {
  const auto version = *core::TransitKeyVersion::FromNumber(3);
  if (const auto reply = ReadEncryptReply(text, version); reply.result) {
    Require(reply.result->bytes().starts_with("vault:v3:"), "a ciphertext of the version sent");
  }
  if (const auto reply = ReadDecryptReply(text); reply.result) {
    Require(!reply.result->empty(), "a plaintext is not empty");
  }
  if (const auto reply = ReadTokenReply(text); reply.result) {
    const std::string_view token = reply.result->value.ExposeSecret();
    Require(reply.result->lease.count() > 0, "a lease above zero");
    Require(!token.empty() && std::ranges::all_of(token, [](char c) { return c > ' ' && c < 127; }),
            "a token can be a header value");
  }
  (void)ReadKeyMetadataReply(text);
  (void)ReadDisableUpsertReply(text);
  (void)ReadCapabilitiesReply(text, {"transit/keys/a", "transit/encrypt/a"});
  for (const int status : {400, 403, 404, 429, 500, 503}) {
    Require(ClassifyReply(status, text) != core::OpenBaoStatus::kOk, "an error is no success");
    (void)JudgeReply({.status = status, .content_type = {}, .body = core::Secret::Copy(text)});
    (void)IsMissingAliasName(status, text);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 8192) return 0;
  const std::string_view text = fuzz::AsText(data, size);
  CheckWhole(text);
  CheckReaders(text);
  return 0;
}
