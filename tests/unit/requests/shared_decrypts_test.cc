// Which Decrypts share a call, who gets its end, and what those that leave take with them
// (request-scheduling.md, "Shared decrypts").
#include "core/requests/shared_decrypts.h"

#include <doctest/doctest.h>
#include <openssl/crypto.h>

#include <memory>
#include <utility>
#include <vector>

#include "tests/unit/requests/shared_decrypts_bench.h"

namespace baokms::core {
namespace {

using testing::GoodRequest;
using testing::SharingBench;
using trompeloeil::_;
using namespace std::chrono_literals;
using enum SnapshotState;

// Of another plaintext of the same length.
DecryptRequest WithOtherCiphertext() {
  DecryptRequest request = GoodRequest(2);
  request.ciphertext[request.ciphertext.size() - 8] ^= 1;
  return request;
}

// Annotations differ where the checks let them.
DecryptRequest WithAnnotation(const char* key, const char* value) {
  DecryptRequest request = GoodRequest(2);
  request.annotations[key] = value;
  return request;
}

TEST_CASE("Shared decrypts: identical ones under way are one call and each gets the plaintext") {
  SharingBench b;
  ALLOW_TOKEN(b);
  auto& first = b.Decrypt(GoodRequest(2));
  b.clock.Pass(1s);
  auto& second = b.Decrypt(GoodRequest(2));
  auto& third = b.Decrypt(GoodRequest(2));
  REQUIRE(b.transit.calls.size() == 1);
  CHECK(b.call(0).deadline == b.In(4s));  // openbao.timeout from its own start
  CHECK(b.alarm.waiting() == 0);
  b.call(0).done(Secret::Copy("plain"));
  for (const auto* one : {&first, &second, &third}) {
    CHECK(one->plaintext() == "plain");
    CHECK(one->outcome->transit_key_version == 2);
    CHECK(one->outcome->key_id_hash == first.outcome->key_id_hash);
  }
  CHECK_FALSE(first.outcome->shared);
  CHECK(second.outcome->shared);
  CHECK(third.outcome->shared);
}

TEST_CASE("Shared decrypts: another ciphertext is another call") {
  SharingBench b;
  ALLOW_TOKEN(b);
  auto& one = b.Decrypt(GoodRequest(2));
  auto& other = b.Decrypt(WithOtherCiphertext());
  REQUIRE(b.transit.calls.size() == 2);
  CHECK(b.call(0).ciphertext != b.call(1).ciphertext);
  b.call(1).done(Secret::Copy("other"));
  CHECK_FALSE(one.answered());
  b.call(0).done(Secret::Copy("one"));
  CHECK(one.plaintext() == "one");
  CHECK(other.plaintext() == "other");
  CHECK_FALSE(other.outcome->shared);
}

TEST_CASE("Shared decrypts: an annotation of another value or name is another call") {
  SharingBench b;
  ALLOW_TOKEN(b);
  b.Decrypt(GoodRequest(2));
  b.Decrypt(WithAnnotation("plugin-version.kms.openbao.org", "v9"));
  b.Decrypt(WithAnnotation("extra.example.org", "x"));
  b.Decrypt(WithAnnotation("extra.example.org", "y"));
  b.Decrypt(WithAnnotation("other.example.org", "x"));
  CHECK(b.transit.calls.size() == 5);
  b.Decrypt(WithAnnotation("extra.example.org", "y"));
  CHECK(b.transit.calls.size() == 5);
}

// Two key_ids of one version, as no registry has them at one time: so that nothing else differs.
TEST_CASE("Shared decrypts: another key_id is another call") {
  SharingBench b;
  ALLOW_TOKEN(b);
  const KeyEntry entry = *b.view.view->keys->active;
  KeyEntry other = entry;
  other.snapshot.key_id = testing::IdOf(3);
  auto keys = std::make_shared<KeySet>(*b.view.view->keys);
  keys->decryptable[testing::IdOf(3).str()] = std::make_shared<const KeyEntry>(std::move(other));
  auto view = std::make_shared<KeyView>(*b.view.view);
  view->keys = std::move(keys);
  b.view.view = std::move(view);
  DecryptRequest request = GoodRequest(2);
  request.key_id = testing::IdOf(3).str();
  b.Decrypt(GoodRequest(2));
  b.Decrypt(std::move(request));
  CHECK(b.transit.calls.size() == 2);
}

TEST_CASE("Shared decrypts: what fails a check never joins") {
  SharingBench b;
  ALLOW_TOKEN(b);
  b.Decrypt(GoodRequest(2));
  auto& refused = b.Decrypt(WithAnnotation("transit-key-version.kms.openbao.org", "3"));
  CHECK(refused.error() == AnnotationsMismatch());
}

TEST_CASE("Shared decrypts: an error is of those present and whoever comes later asks anew") {
  SharingBench b;
  ALLOW_TOKEN(b);
  auto& first = b.Decrypt(GoodRequest(2));
  auto& second = b.Decrypt(GoodRequest(2));
  b.call(0).done(std::unexpected(OpenBaoFailure(OpenBaoStatus::kSealed)));
  CHECK(first.error() == OpenBaoFailure(OpenBaoStatus::kSealed));
  CHECK(second.error() == OpenBaoFailure(OpenBaoStatus::kSealed));
  CHECK(second.outcome->shared);
  auto& later = b.Decrypt(GoodRequest(2));
  REQUIRE(b.transit.calls.size() == 2);
  CHECK_FALSE(later.answered());
  b.call(1).done(Secret::Copy("plain"));
  CHECK(later.plaintext() == "plain");
}

TEST_CASE("Shared decrypts: a good end is of those present too") {
  SharingBench b;
  ALLOW_TOKEN(b);
  b.Decrypt(GoodRequest(2));
  b.call(0).done(Secret::Copy("plain"));
  b.Decrypt(GoodRequest(2));
  CHECK(b.transit.calls.size() == 2);
}

TEST_CASE("Shared decrypts: a leaver leaves alone and at once") {
  for (const std::size_t leaver : {0U, 1U, 2U}) {
    CAPTURE(leaver);
    SharingBench b;
    ALLOW_TOKEN(b);
    for (int i = 0; i < 3; ++i) b.Decrypt(GoodRequest(2));
    b.requests[leaver].call->Abandon();
    b.requests[leaver].call->Abandon();  // any number of times
    CHECK(b.requests[leaver].error() == Cancelled());
    CHECK(*b.call(0).abandoned == 0);
    b.Decrypt(GoodRequest(2));  // joins those that stayed
    REQUIRE(b.transit.calls.size() == 1);
    b.call(0).done(Secret::Copy("plain"));
    for (std::size_t i = 0; i < 4; ++i) {
      if (i != leaver) CHECK(b.requests[i].plaintext() == "plain");
    }
  }
}

TEST_CASE("Shared decrypts: left by all the call is abandoned and nobody joins it") {
  SharingBench b;
  ALLOW_TOKEN(b);
  auto& first = b.Decrypt(GoodRequest(2));
  auto& second = b.Decrypt(GoodRequest(2));
  first.call->Abandon();
  second.call->Abandon();
  CHECK(*b.call(0).abandoned == 1);
  CHECK(first.error() == Cancelled());
  CHECK_FALSE(second.answered());  // it has its place until the call has ended
  auto& third = b.Decrypt(GoodRequest(2));
  REQUIRE(b.transit.calls.size() == 2);
  second.call->Abandon();
  b.call(0).done(std::unexpected(Cancelled()));
  CHECK(second.error() == Cancelled());
  // Neither touched the call that began since.
  auto& fourth = b.Decrypt(GoodRequest(2));
  CHECK(b.transit.calls.size() == 2);
  CHECK(*b.call(1).abandoned == 0);
  b.call(1).done(Secret::Copy("plain"));
  CHECK(third.plaintext() == "plain");
  CHECK(fourth.plaintext() == "plain");
}

// Two requests that one discovery held up for 2 s, and one that came after it.
struct HeldUp : SharingBench {
  HeldUp() {
    REQUIRE_CALL(discovery, Discover(testing::IdOf(3), In(5s), _))
        .TIMES(2)
        .LR_SIDE_EFFECT(found.push_back(std::move(_3)))
        .RETURN(nullptr);
    first = &Decrypt(GoodRequest(3));
    second = &Decrypt(GoodRequest(3));
    clock.Pass(2s);
    Publish(testing::RegistryOf({testing::Snapshot(2, kActive), testing::Snapshot(3, kPending)}));
    for (auto& done : found) done({});
  }
  std::unique_ptr<trompeloeil::expectation> token =
      NAMED_ALLOW_CALL(tokens, Current()).RETURN(testing::TokenOf(1));
  std::vector<ports::Completion<void>> found;
  Request* first = nullptr;
  Request* second = nullptr;
};

TEST_CASE("Shared decrypts: a waiter whose time is over leaves alone") {
  HeldUp b;
  REQUIRE(b.transit.calls.size() == 1);
  CHECK(b.call(0).deadline == b.In(5s));
  auto& direct = b.Decrypt(GoodRequest(3));
  REQUIRE(b.transit.calls.size() == 1);
  b.clock.Pass(2'999ms);
  b.alarm.Ring(b.In(0s));
  CHECK_FALSE(b.first->answered());
  b.clock.Pass(1ms);
  b.alarm.Ring(b.In(0s));
  CHECK(b.first->error() == DeadlineExceeded());
  CHECK(b.second->error() == DeadlineExceeded());
  CHECK_FALSE(direct.answered());
  CHECK(*b.call(0).abandoned == 0);
  b.call(0).done(Secret::Copy("plain"));
  CHECK(direct.plaintext() == "plain");
}

TEST_CASE("Shared decrypts: when the time of all is over the call is abandoned") {
  HeldUp b;
  b.clock.Pass(3s);
  b.alarm.Ring(b.In(0s));
  CHECK(b.first->error() == DeadlineExceeded());
  CHECK(b.second->error() == DeadlineExceeded());
  CHECK(*b.call(0).abandoned == 1);
  auto& later = b.Decrypt(GoodRequest(3));
  REQUIRE(b.transit.calls.size() == 2);
  b.call(0).done(Secret::Copy("nobody's"));
  CHECK_FALSE(later.answered());
  b.call(1).done(Secret::Copy("plain"));
  CHECK(later.plaintext() == "plain");
}

TEST_CASE("Shared decrypts: a time that comes after the end changes nothing") {
  HeldUp b;
  b.call(0).done(Secret::Copy("plain"));
  b.clock.Pass(1h);
  b.alarm.Ring(b.In(0s));
  CHECK(b.first->plaintext() == "plain");
  CHECK(b.second->plaintext() == "plain");
}

TEST_CASE("Shared decrypts: a denial costs one login and one retry for all") {
  SharingBench b;
  ALLOW_TOKEN(b);
  ports::Completion<ports::TokenRef> obtained;
  REQUIRE_CALL(b.tokens, Obtain(1U, b.In(5s), _))
      .LR_SIDE_EFFECT(obtained = std::move(_3))
      .RETURN(nullptr);
  auto& first = b.Decrypt(GoodRequest(2));
  auto& second = b.Decrypt(GoodRequest(2));
  b.call(0).done(std::unexpected(OpenBaoFailure(OpenBaoStatus::kPermissionDenied)));
  auto& third = b.Decrypt(GoodRequest(2));  // comes while the login is under way
  CHECK_FALSE(first.answered());
  obtained(testing::TokenOf(2));
  REQUIRE(b.transit.calls.size() == 2);
  CHECK(b.call(1).token == 2);
  b.call(1).done(Secret::Copy("plain"));
  for (const auto* one : {&first, &second, &third}) CHECK(one->plaintext() == "plain");
}

TEST_CASE("Shared decrypts: an end inside the call is an end") {
  SharingBench b;
  ALLOW_TOKEN(b);
  for (std::size_t calls = 1; calls <= 2; ++calls) {
    b.transit.inside = [](auto& call) { call.done(Secret::Copy("plain")); };
    CHECK(b.Decrypt(GoodRequest(2)).plaintext() == "plain");
    CHECK(b.transit.calls.size() == calls);
  }
}

TEST_CASE("Shared decrypts: one that comes while the call is being sent joins it") {
  SharingBench b;
  ALLOW_TOKEN(b);
  b.transit.inside = [&](auto&) { b.Decrypt(GoodRequest(2)); };
  b.Decrypt(GoodRequest(2));
  REQUIRE(b.transit.calls.size() == 1);
  b.call(0).done(Secret::Copy("plain"));
  REQUIRE(b.requests.size() == 2);
  for (const auto& one : b.requests) CHECK(one.plaintext() == "plain");
}

TEST_CASE("Shared decrypts: one that comes while the result is handed out begins anew") {
  SharingBench b;
  ALLOW_TOKEN(b);
  b.Decrypt(GoodRequest(2));
  b.Decrypt(GoodRequest(2));
  b.then = [&] { b.Decrypt(GoodRequest(2)); };
  b.call(0).done(Secret::Copy("plain"));
  REQUIRE(b.transit.calls.size() == 2);
  CHECK(b.requests[1].plaintext() == "plain");
  CHECK_FALSE(b.requests[2].answered());
}

TEST_CASE("Shared decrypts: a call that is dropped unanswered fails those who wait") {
  SharingBench b;
  ALLOW_TOKEN(b);
  auto& first = b.Decrypt(GoodRequest(2));
  auto& second = b.Decrypt(GoodRequest(2));
  b.call(0).done = nullptr;
  CHECK(first.error() == HandlerFailed());
  CHECK(second.error() == HandlerFailed());
  b.Decrypt(GoodRequest(2));
  CHECK(b.transit.calls.size() == 2);
}

TEST_CASE("Shared decrypts: each waiter has a plaintext of its own and nothing else keeps one") {
  REQUIRE(CRYPTO_secure_malloc_init(1 << 16, 16) == 1);
  {
    SharingBench b;
    ALLOW_CALL(b.tokens, Current()).RETURN(std::make_shared<const HeldToken>());
    for (int i = 0; i < 3; ++i) b.Decrypt(GoodRequest(2));
    b.call(0).done(Secret::Copy("plain"));
    Secret& first = b.requests[0].outcome->result->plaintext;
    first.MutableBytes()[0] = 'X';
    CHECK(b.requests[1].plaintext() == "plain");
    const std::size_t with_all = CRYPTO_secure_used();
    REQUIRE(with_all > 0);
    for (std::size_t left = 3; left > 0; --left) {
      CHECK(CRYPTO_secure_used() == with_all / 3 * left);
      b.requests[left - 1].outcome.reset();
    }
    CHECK(CRYPTO_secure_used() == 0);
    // Nor does the end of a call that all have left.
    b.Decrypt(GoodRequest(2)).call->Abandon();
    b.call(1).done(Secret::Copy("plain"));
    b.requests.back().outcome.reset();
    CHECK(CRYPTO_secure_used() == 0);
  }
  CHECK(CRYPTO_secure_malloc_done() == 1);
}

}  // namespace
}  // namespace baokms::core
