#include "tests/contract/ports_under_test.h"

#include <future>
#include <optional>
#include <utility>

#include "adapters/transit_http/openbao/openbao_auth_client.h"
#include "adapters/transit_http/openbao/openbao_headers.h"
#include "adapters/transit_http/openbao/openbao_transit_client.h"
#include "tests/support/harness/harness_error.h"

namespace baokms::testing {
namespace {

using adapters::transit_http::CurlHttpTransport;
using adapters::transit_http::OpenBaoAuthClient;
using adapters::transit_http::OpenBaoTransitClient;

// A completion and the wait for it.
template <typename T>
class Awaited {
 public:
  ports::Completion<T> Completion() {
    return [&promise = promise_](core::Result<T> result) { promise.set_value(std::move(result)); };
  }
  core::Result<T> Get() { return promise_.get_future().get(); }

 private:
  std::promise<core::Result<T>> promise_;
};

core::Result<Granted> Readable(core::Result<core::TokenGrant> grant) {
  if (!grant) return std::unexpected(grant.error());
  return Granted{.token = std::string(grant->value.ExposeSecret()),
                 .lease = grant->lease,
                 .renewable = grant->renewable};
}

core::Result<std::string> Readable(const core::Result<core::Secret>& plaintext) {
  if (!plaintext) return std::unexpected(plaintext.error());
  return std::string(plaintext->ExposeSecret());
}

std::shared_ptr<const core::Aad> AadOf(const std::string& json) {
  return std::make_shared<const core::Aad>(core::Aad::FromCanonicalJson(json));
}

}  // namespace

ports::TokenRef TokenOf(const std::string& value) {
  core::HeldToken token;
  token.generation = 1;
  token.value = core::Secret::Copy(value);
  token.expires_at = core::BootTime::max();
  return std::make_shared<const core::HeldToken>(std::move(token));
}

std::string Words(const core::Error& error) {
  return std::string(core::Name(error.error_class())) + " " + std::string(core::Name(error.code()));
}

PortsUnderTest::PortsUnderTest(const OpenBaoUnderTest& openbao, const Place& place) {
  const auto start = [this, &openbao, &place](adapters::transit_http::SendingLimits sending = {}) {
    adapters::transit_http::TransportOptions options;
    options.sending = sending;
    options.addresses = {openbao.address()};
    options.ca_file = openbao.ca_file();
    options.headers = adapters::transit_http::OpenBaoHeaders(place.name_space);
    auto started = CurlHttpTransport::Start(options, clock_, files_, telemetry_);
    if (!started) throw HarnessError("the transport does not start");
    return *std::move(started);
  };
  transit_transport_ = start();
  auth_transport_ = start();
  one_connection_ = start({.places = 1, .most_items = 64});
  const OpenBaoTransitClient::Options key{.mount_path = place.transit_mount,
                                          .key_name = place.key_name};
  transit_ = std::make_unique<OpenBaoTransitClient>(
      key, adapters::transit_http::OpenBaoRequestContext{*transit_transport_, telemetry_});
  transit_over_one_ = std::make_unique<OpenBaoTransitClient>(
      key, adapters::transit_http::OpenBaoRequestContext{*one_connection_, batches_});
  const adapters::transit_http::OpenBaoRequestContext auth_context{*auth_transport_, telemetry_};
  auth_ = std::make_unique<OpenBaoAuthClient>(auth_context);
}

core::MonotonicTime PortsUnderTest::Deadline() const { return clock_.Now().monotonic + budget; }

core::Result<core::Ciphertext> PortsUnderTest::Encrypt(const ports::TokenRef& token,
                                                       const std::string& plaintext,
                                                       std::int64_t version,
                                                       const std::string& aad) {
  Awaited<core::Ciphertext> reply;
  transit_->Encrypt(token,
                    {.plaintext = core::Secret::Copy(plaintext),
                     .version = core::TransitKeyVersion::FromNumber(version).value(),
                     .aad = AadOf(aad)},
                    Deadline(), reply.Completion());
  return reply.Get();
}

core::Result<std::string> PortsUnderTest::Decrypt(const ports::TokenRef& token,
                                                  const std::string& ciphertext,
                                                  const std::string& aad) {
  Awaited<core::Secret> reply;
  transit_->Decrypt(token, {.ciphertext = core::Ciphertext(ciphertext), .aad = AadOf(aad)},
                    Deadline(), reply.Completion());
  return Readable(reply.Get());
}

std::vector<core::Result<core::Ciphertext>> PortsUnderTest::EncryptTogether(
    const ports::TokenRef& token, const std::vector<Plain>& all) {
  std::vector<Awaited<core::Ciphertext>> replies(all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    transit_over_one_->Encrypt(
        token,
        {.plaintext = core::Secret::Copy(all[i].plaintext),
         .version = core::TransitKeyVersion::FromNumber(all[i].version).value(),
         .aad = AadOf(all[i].aad)},
        Deadline(), replies[i].Completion());
  }
  std::vector<core::Result<core::Ciphertext>> results;
  for (auto& reply : replies) results.push_back(reply.Get());
  return results;
}

std::vector<core::Result<std::string>> PortsUnderTest::DecryptTogether(
    const ports::TokenRef& token, const std::vector<Sealed>& all) {
  std::vector<Awaited<core::Secret>> replies(all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    transit_over_one_->Decrypt(
        token, {.ciphertext = core::Ciphertext(all[i].ciphertext), .aad = AadOf(all[i].aad)},
        Deadline(), replies[i].Completion());
  }
  std::vector<core::Result<std::string>> results;
  for (auto& reply : replies) results.push_back(Readable(reply.Get()));
  return results;
}

core::Result<core::TransitKeyMetadata> PortsUnderTest::KeyMetadata(const ports::TokenRef& token) {
  Awaited<core::TransitKeyMetadata> reply;
  transit_->ReadKeyMetadata(token, Deadline(), reply.Completion());
  return reply.Get();
}

core::Result<bool> PortsUnderTest::DisableUpsert(const ports::TokenRef& token) {
  Awaited<bool> reply;
  transit_->ReadDisableUpsert(token, Deadline(), reply.Completion());
  return reply.Get();
}

core::Result<PortsUnderTest::Capabilities> PortsUnderTest::ReadCapabilities(
    const ports::TokenRef& token, const std::vector<std::string>& paths) {
  Awaited<Capabilities> reply;
  transit_->ReadCapabilities(token, paths, Deadline(), reply.Completion());
  return reply.Get();
}

core::Result<Granted> PortsUnderTest::Login(const std::string& auth_mount, const std::string& role,
                                            const std::string& jwt) {
  Awaited<core::TokenGrant> reply;
  auth_->Login(core::OpenBaoOperation::kJwtLogin, auth_mount,
               core::Secret::Copy(Json{{"role", role}, {"jwt", jwt}}.dump()),
               /*identity=*/nullptr, Deadline(), reply.Completion());
  return Readable(reply.Get());
}

core::Result<Granted> PortsUnderTest::Renew(const ports::TokenRef& token,
                                            std::chrono::seconds increment) {
  Awaited<core::TokenGrant> reply;
  auth_->RenewSelf(token, increment, /*identity=*/nullptr, Deadline(), reply.Completion());
  return Readable(reply.Get());
}

}  // namespace baokms::testing
