#include "tests/unit/model_check/kms_requests.h"

#include <optional>

#include "core/requests/kms_service.h"
#include "tests/support/core/decrypt_requests.h"
#include "tests/support/ports/checked_exclusion.h"
#include "tests/support/ports/fake_alarm.h"
#include "tests/support/ports/fake_clock.h"
#include "tests/support/ports/fake_key_view_source.h"
#include "tests/support/ports/one_token.h"
#include "tests/support/ports/unread_transit.h"

namespace baokms::core::model_check {
namespace {

// Keeps what it was asked; the caller answers.
class AskedTransit final : public baokms::testing::UnreadTransit {
 public:
  std::optional<TransitKeyVersion> version;
  ports::Completion<Ciphertext> encrypted;
  std::optional<Ciphertext> ciphertext;

  std::unique_ptr<ports::PendingCall> Encrypt(ports::TokenRef, ports::TransitEncryptRequest request,
                                              MonotonicTime,
                                              ports::Completion<Ciphertext> done) override {
    version = request.version;
    encrypted = std::move(done);
    return nullptr;
  }
  std::unique_ptr<ports::PendingCall> Decrypt(ports::TokenRef, ports::TransitDecryptRequest request,
                                              MonotonicTime, ports::Completion<Secret>) override {
    ciphertext = std::move(request.ciphertext);
    return nullptr;
  }
};

class AskedDiscovery final : public ports::KeyDiscovery {
 public:
  bool asked = false;
  std::unique_ptr<ports::PendingCall> Discover(const KeyId&, MonotonicTime,
                                               ports::Completion<void>) override {
    asked = true;
    return nullptr;
  }
};

// As Encrypt answers it on a node that knows the key. Built once: hashing it is slow.
const DecryptRequest& RequestFor(Identity identity) {
  static const auto kRequests = [] {
    std::vector<DecryptRequest> requests;
    for (Identity i = 0; i < kIdentities; ++i) {
      requests.push_back({.ciphertext = testing::CiphertextOf(VersionOf(i)),
                          .key_id = KeyIdOf(i).str(),
                          .annotations = BuildAnnotations(
                              testing::TestIdentity(), TransitVersionOf(i), KeyIdOf(i), "v0.1.0")});
    }
    return requests;
  }();
  return kRequests[static_cast<std::size_t>(identity)];
}

void AskEncrypt(ports::KmsService& service, AskedTransit& transit, Answers& answers) {
  std::optional<Result<EncryptReply>> reply;
  const auto call = service.Encrypt(Secret::OfSize(32), [&](KmsOutcome<EncryptReply> outcome) {
    reply = std::move(outcome.result);
  });
  if (!transit.version) return;
  answers.encrypts = true;
  answers.encrypt_version = static_cast<int>(transit.version->number());
  transit.encrypted(Ciphertext(testing::CiphertextOf(transit.version->number())));
  if (!reply || !*reply) return;
  // A key_id whose annotations are not its own is no key_id at all: nobody could decrypt that.
  const Identity key = IdentityWith((*reply)->key_id.str());
  if (key != kNoIdentity && *(*reply)->annotations == RequestFor(key).annotations) {
    answers.encrypt_key = key;
  }
}

}  // namespace

Answers Ask(const KeyView& view, const ClockReading& now) {
  const baokms::testing::FakeClock clock(now);
  baokms::testing::FakeKeyViewSource source;
  source.view = std::make_shared<const KeyView>(view);
  baokms::testing::OneToken tokens;
  AskedTransit transit;
  AskedDiscovery discovery;
  baokms::testing::CheckedExclusion exclusion;
  baokms::testing::FakeAlarm alarm;
  TransitKmsService service({clock, source, tokens, transit, discovery, exclusion, alarm},
                            std::chrono::seconds(5));

  Answers answers;
  const StatusReply status = service.Status();
  answers.healthy = status.healthy;
  if (status.healthy) answers.status_key = IdentityWith(status.key_id);
  AskEncrypt(service, transit, answers);
  for (Identity identity = 0; identity < kIdentities; ++identity) {
    transit.ciphertext.reset();
    discovery.asked = false;
    const auto call = service.Decrypt(RequestFor(identity), [](KmsOutcome<DecryptReply>) {});
    if (transit.ciphertext) answers.decrypts |= SetOf(identity);
    if (discovery.asked) answers.discovers |= SetOf(identity);
  }
  return answers;
}

}  // namespace baokms::core::model_check
