#include "adapters/transit_http/openbao/request_bodies.h"

#include <algorithm>
#include <span>

#include "core/text/base64.h"
#include "core/text/json_string.h"

namespace baokms::adapters::transit_http {
namespace {

// Fills a buffer whose size was computed before.
class Writer {
 public:
  explicit Writer(std::span<char> out) : next_(out.data()) {}
  void Text(std::string_view text) { next_ = std::ranges::copy(text, next_).out; }
  void Base64(std::string_view bytes) {
    core::Base64EncodeTo(bytes, next_);
    next_ += core::Base64Length(bytes.size());
  }

 private:
  char* next_;
};

}  // namespace

core::Secret EncryptBody(const ports::TransitEncryptRequest& request) {
  constexpr std::string_view kPlaintext = R"({"plaintext":")";
  constexpr std::string_view kAad = R"(","associated_data":")";
  constexpr std::string_view kVersion = R"(","key_version":)";
  const std::string_view plaintext = request.plaintext.ExposeSecret();
  const std::string& aad = request.aad->associated_data();
  const std::string version = request.version.ToString();
  core::Secret body =
      core::Secret::OfSize(kPlaintext.size() + core::Base64Length(plaintext.size()) + kAad.size() +
                           aad.size() + kVersion.size() + version.size() + 1);
  Writer write(body.MutableBytes());
  write.Text(kPlaintext);
  write.Base64(plaintext);
  write.Text(kAad);
  write.Text(aad);
  write.Text(kVersion);
  write.Text(version);
  write.Text("}");
  return body;
}

core::Secret DecryptBody(const ports::TransitDecryptRequest& request) {
  // Public values: no need for a wiped intermediate.
  return core::Secret::Copy(R"({"ciphertext":)" + core::JsonString(request.ciphertext.bytes()) +
                            R"(,"associated_data":")" + request.aad->associated_data() + R"("})");
}

core::Secret CapabilitiesBody(const std::vector<std::string>& paths) {
  std::string body = R"({"paths":[)";
  for (const std::string& path : paths) {
    if (&path != &paths.front()) body += ',';
    body += core::JsonString(path);
  }
  return core::Secret::Copy(body + "]}");
}

core::Secret RenewBody(std::chrono::seconds increment) {
  return core::Secret::Copy(R"({"increment":)" + std::to_string(increment.count()) + "}");
}

}  // namespace baokms::adapters::transit_http
