// A Transit that remembers what it encrypted, and a token source that always has a token. Replies
// are given by the bench.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "core/requests/decrypt_validation.h"
#include "core/text/base64.h"
#include "core/wire/transit_ciphertext.h"
#include "ports/token_source.h"
#include "ports/transit.h"
#include "tests/support/loop/loop_bench.h"

namespace baokms::app::testing {

class FakeTokens final : public ports::TokenSource {
 public:
  explicit FakeTokens(Replies& replies) : replies_(replies) {}
  ports::TokenRef Current() const override { return token_; }
  // There is never another one.
  std::unique_ptr<ports::PendingCall> Obtain(const core::TokenDenial&, core::MonotonicTime,
                                             ports::Completion<ports::TokenRef> done) override {
    replies_.Add([done = std::move(done)]() mutable { done(std::unexpected(core::NoToken())); });
    return nullptr;
  }
  void Reject(std::uint64_t) override {}

 private:
  Replies& replies_;
  ports::TokenRef token_ = std::make_shared<const core::HeldToken>(
      core::HeldToken{.generation = 1, .value = core::Secret::Copy("t"), .expires_at = {}});
};

// Set the fields while the loop is settled.
class FakeTransit final : public ports::TransitPort {
 public:
  core::Result<core::TransitKeyMetadata> metadata;
  core::Result<bool> disable_upsert = true;
  std::optional<core::Error> encrypt_error;
  bool garble = false;
  int metadata_reads = 0;

  FakeTransit(Replies& replies, core::TransitKeyMetadata first)
      : metadata(std::move(first)), replies_(replies) {}

  std::unique_ptr<ports::PendingCall> Encrypt(ports::TokenRef, ports::TransitEncryptRequest request,
                                              core::MonotonicTime,
                                              ports::Completion<core::Ciphertext> done) override {
    core::Result<core::Ciphertext> result = Encrypted(request);
    replies_.Add([done = std::move(done), result = std::move(result)]() mutable {
      done(std::move(result));
    });
    return nullptr;
  }
  std::unique_ptr<ports::PendingCall> Decrypt(ports::TokenRef, ports::TransitDecryptRequest request,
                                              core::MonotonicTime,
                                              ports::Completion<core::Secret> done) override {
    const std::string plaintext = garble ? "garbled" : encrypted_.at(request.ciphertext.bytes());
    replies_.Add(
        [done = std::move(done), plaintext]() mutable { done(core::Secret::Copy(plaintext)); });
    return nullptr;
  }
  std::unique_ptr<ports::PendingCall> ReadKeyMetadata(
      ports::TokenRef, core::MonotonicTime,
      ports::Completion<core::TransitKeyMetadata> done) override {
    ++metadata_reads;
    replies_.Add([done = std::move(done), reply = metadata]() mutable { done(std::move(reply)); });
    return nullptr;
  }
  std::unique_ptr<ports::PendingCall> ReadDisableUpsert(ports::TokenRef, core::MonotonicTime,
                                                        ports::Completion<bool> done) override {
    replies_.Add([done = std::move(done), reply = disable_upsert]() mutable { done(reply); });
    return nullptr;
  }
  std::unique_ptr<ports::PendingCall> ReadCapabilities(
      ports::TokenRef, std::vector<std::string>, core::MonotonicTime,
      ports::Completion<std::map<std::string, std::vector<std::string>>>) override {
    return nullptr;
  }

 private:
  core::Result<core::Ciphertext> Encrypted(const ports::TransitEncryptRequest& request) {
    if (encrypt_error) return std::unexpected(*encrypt_error);
    // As long as Transit's: a nonce, here a count, what was encrypted, and a tag.
    std::string body = std::to_string(encrypted_.size());
    body.resize(12 + request.plaintext.size() + 16, '.');
    const std::string text = core::CiphertextPrefix(request.version) + core::Base64Encode(body);
    encrypted_[text] = request.plaintext.ExposeSecret();
    return core::Ciphertext(text);
  }

  Replies& replies_;
  std::map<std::string, std::string> encrypted_;
};

}  // namespace baokms::app::testing
