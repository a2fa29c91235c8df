#include "adapters/transit_http/openbao/request_bodies.h"

#include "adapters/transit_http/openbao/secret_writer.h"
#include "core/text/base64.h"
#include "core/text/json_string.h"

namespace baokms::adapters::transit_http {
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
  SecretWriter write(body);
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

// Each item is what the single request's body is, and its own position as the reference that
// OpenBao repeats in its result.
core::Secret BatchBody(std::span<const std::string_view> bodies) {
  constexpr std::string_view kBegin = R"({"batch_input":[)";
  constexpr std::string_view kReference = R"(,"reference":")";
  constexpr std::string_view kItemEnd = R"("})";
  constexpr std::string_view kEnd = "]}";
  std::size_t size = kBegin.size() + kEnd.size() + bodies.size() - 1;
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    size += bodies[i].size() - 1 + kReference.size() + std::to_string(i).size() + kItemEnd.size();
  }
  core::Secret batch = core::Secret::OfSize(size);
  SecretWriter write(batch);
  write.Text(kBegin);
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    if (i > 0) write.Text(",");
    write.Text(bodies[i].substr(0, bodies[i].size() - 1));  // without its brace
    write.Text(kReference);
    write.Text(std::to_string(i));
    write.Text(kItemEnd);
  }
  write.Text(kEnd);
  return batch;
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
