// Promotions in a tight loop under 64 encrypting threads: version prefix, key_id, annotations and
// AAD of each reply belong to one snapshot. The build variant with two pointers must fail here.
#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "app/published_view.h"
#include "core/registry/registry.h"
#include "core/requests/decrypt_validation.h"
#include "core/requests/kms_service.h"
#include "core/rotation/key_view.h"
#include "core/text/base64.h"
#include "core/wire/sha256.h"
#include "core/wire/transit_ciphertext.h"
#include "tests/support/core/builders.h"
#include "tests/support/ports/checked_exclusion.h"
#include "tests/support/ports/fake_alarm.h"
#include "tests/support/ports/fake_clock.h"
#include "tests/support/ports/one_token.h"
#include "tests/support/ports/unread_transit.h"

namespace baokms {
namespace {

constexpr int kThreads = 64;
constexpr int kVersions = 8;
constexpr std::int64_t kPromotions = 4000;
// Enough for the variant with two pointers to be caught every time.
constexpr std::int64_t kReplies = 100'000;

class NoCall final : public ports::PendingCall {
 public:
  void Abandon() override {}
};

// Tells which AAD it was made under. As long as a ciphertext of kPlaintext is: a hash has 43
// characters, of which Transit's nonce and tag take 28.
constexpr std::string_view kPlaintext = "fifteen letters";
core::Ciphertext Echo(core::TransitKeyVersion version, const core::Aad& aad) {
  return core::Ciphertext(core::CiphertextPrefix(version) +
                          core::Base64Encode(core::PublicHash(aad.associated_data())));
}

// Answers at once, under the version it was asked for.
class EchoTransit final : public testing::UnreadTransit {
 public:
  std::unique_ptr<ports::PendingCall> Encrypt(ports::TokenRef, ports::TransitEncryptRequest request,
                                              core::MonotonicTime,
                                              ports::Completion<core::Ciphertext> done) override {
    std::this_thread::yield();
    done(Echo(request.version, *request.aad));
    return std::make_unique<NoCall>();
  }
  std::unique_ptr<ports::PendingCall> Decrypt(ports::TokenRef, ports::TransitDecryptRequest,
                                              core::MonotonicTime,
                                              ports::Completion<core::Secret> done) override {
    done(std::unexpected(core::InvalidOpenBaoReply()));
    return std::make_unique<NoCall>();
  }
};

class NoDiscovery final : public ports::KeyDiscovery {
 public:
  std::unique_ptr<ports::PendingCall> Discover(const core::KeyId&, core::MonotonicTime,
                                               ports::Completion<void>) override {
    return nullptr;
  }
};

core::KeyView HealthyView(std::shared_ptr<const core::KeySet> keys) {
  return {.keys = std::move(keys),
          .metadata_reason = std::nullopt,
          .deep_reason = std::nullopt,
          .metadata_error = std::nullopt,
          .deep_error = std::nullopt,
          .verified_at = core::BootTime(),
          .max_staleness = std::chrono::hours(1)};
}

std::shared_ptr<const core::KeySet> KeysWithActive(std::int64_t version) {
  return core::BuildKeySet(
      core::Registry::First(core::testing::Bind(),
                            core::testing::Snapshot(version, core::SnapshotState::kActive)),
      "v-test");
}

bool OneSnapshot(const core::EncryptReply& reply,
                 const std::vector<std::shared_ptr<const core::KeySet>>& all) {
  for (const auto& keys : all) {
    const core::KeyEntry& key = *keys->active;
    if (key.snapshot.key_id != reply.key_id) continue;
    return reply.ciphertext == Echo(key.snapshot.version, *key.aad) &&
           *reply.annotations == *key.annotations;
  }
  return false;
}

}  // namespace

TEST_CASE("Encrypt: a reply is of one snapshot while promotions race with it") {
  std::vector<std::shared_ptr<const core::KeySet>> all;
  for (int version = 1; version <= kVersions; ++version) all.push_back(KeysWithActive(version));

  const testing::FakeClock clock(core::ClockReading{});
  app::PublishedView view;
  testing::OneToken tokens;
  EchoTransit transit;
  NoDiscovery discovery;
  view.Store(HealthyView(all.front()));
  testing::CheckedExclusion exclusion;
  testing::FakeAlarm alarm;
  core::TransitKmsService service({clock, view, tokens, transit, discovery, exclusion, alarm},
                                  std::chrono::seconds(1));

  std::atomic<bool> done = false;
  std::atomic<std::int64_t> replies = 0;
  std::atomic<std::int64_t> torn = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      while (!done) {
        service.Encrypt(core::Secret::Copy(kPlaintext),
                        [&](core::KmsOutcome<core::EncryptReply> got) {
                          ++replies;
                          if (!got.result || !OneSnapshot(*got.result, all)) ++torn;
                        });
      }
    });
  }
  for (std::int64_t i = 0; torn == 0 && (i < kPromotions || replies < kReplies); ++i) {
    view.Store(HealthyView(all[static_cast<std::size_t>(i) % all.size()]));
  }
  done = true;
  for (std::thread& thread : threads) thread.join();
  CHECK(replies >= kReplies);
  CHECK(torn == 0);
}

}  // namespace baokms
