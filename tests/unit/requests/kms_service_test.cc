// Status, Encrypt and Decrypt: what is sent and what is answered, and the one recovery.
#include "core/requests/kms_service.h"

#include <doctest/doctest.h>

#include <optional>
#include <vector>

#include "core/wire/aad.h"
#include "tests/unit/requests/kms_service_bench.h"

namespace baokms::core {
namespace {

using testing::CiphertextOf;
using testing::GoodRequest;
using testing::HealthyView;
using testing::KmsBench;
using trompeloeil::_;
using namespace std::chrono_literals;
using enum SnapshotState;

TEST_CASE("Status: healthy tells the active key_id and unhealthy tells none") {
  KmsBench b;
  CHECK(b.service.Status().healthy);
  CHECK(b.service.Status().key_id == testing::IdOf(2).str());
  b.clock.PassOnlyBoot(91s);
  CHECK_FALSE(b.service.Status().healthy);
  CHECK(b.service.Status().key_id.empty());
}

TEST_CASE("Encrypt: an explicit version and that version's key_id and annotations and AAD") {
  KmsBench b;
  ALLOW_TOKEN(b);
  {
    REQUIRE_CALL(b.transit, Encrypt(_, _, b.Deadline(), _))
        .WITH(_2.version.number() == 2)
        .WITH(_2.plaintext.ExposeSecret() == "secret")
        .WITH(*_2.aad == BuildAad(testing::TestIdentity(), testing::Version(2), testing::IdOf(2)))
        .LR_SIDE_EFFECT(b.encrypt_done = std::move(_4))
        .RETURN(nullptr);
    b.Encrypt("secret");
  }
  CHECK_FALSE(b.encrypted);
  // A rotation in between changes nothing of this reply.
  b.Publish(testing::RegistryOf({testing::Snapshot(3, kActive), testing::Snapshot(2, kRetired)}));
  b.encrypt_done(Ciphertext(CiphertextOf(2, 6)));
  REQUIRE(b.encrypted);
  REQUIRE(b.encrypted->result.has_value());
  CHECK(b.encrypted->result->ciphertext.bytes() == CiphertextOf(2, 6));
  CHECK(b.encrypted->result->key_id == testing::IdOf(2));
  CHECK(b.encrypted->result->annotations->at("transit-key-version.kms.openbao.org") == "2");
  CHECK(b.encrypted->transit_key_version == 2);
  CHECK(b.encrypted->key_id_hash ==
        b.encrypted->result->annotations->at("key-id-hash.kms.openbao.org"));
}

TEST_CASE("Encrypt: empty or too long plaintexts never reach Transit") {
  KmsBench b;
  b.Encrypt("");
  CHECK(b.EncryptError() == EmptyPlaintext());
  b.encrypted.reset();
  b.Encrypt(std::string(732, 'p'));
  CHECK(b.EncryptError() == ReplyTooLarge());
  b.call->Abandon();  // nothing to abandon
}

TEST_CASE("Encrypt: 731 bytes are sent at a one-digit version") {
  KmsBench b;
  ALLOW_TOKEN(b);
  REQUIRE_CALL(b.transit, Encrypt(_, _, _, _)).WITH(_2.plaintext.size() == 731).RETURN(nullptr);
  b.Encrypt(std::string(731, 'p'));
}

TEST_CASE("Encrypt: an unhealthy or stale or missing Status fails without a Transit call") {
  KmsBench b;
  b.clock.PassOnlyBoot(91s);
  b.Encrypt("p");
  CHECK(b.EncryptError() == StatusNotHealthy());
  b.encrypted.reset();
  b.view.view = std::make_shared<const KeyView>();
  b.Encrypt("p");
  CHECK(b.EncryptError() == StatusNotHealthy());
}

// What Transit is said to have answered to an Encrypt of `plaintext`.
std::optional<Error> RefusalOf(std::string_view plaintext, const std::string& ciphertext) {
  KmsBench b;
  ALLOW_TOKEN(b);
  REQUIRE_CALL(b.transit, Encrypt(_, _, _, _))
      .LR_SIDE_EFFECT(b.encrypt_done = std::move(_4))
      .RETURN(nullptr);
  b.Encrypt(plaintext);
  b.encrypt_done(Ciphertext(ciphertext));
  REQUIRE(b.encrypted);
  if (b.encrypted->result.has_value()) return std::nullopt;
  return b.encrypted->result.error();
}

TEST_CASE("Encrypt: a ciphertext over the reply limit is refused") {
  const std::string longest(731, 'p');
  CHECK(CiphertextOf(2, 731).size() == 1021);
  CHECK(RefusalOf(longest, CiphertextOf(2, 731)) == std::nullopt);
  CHECK(RefusalOf("p", std::string(1023, 'c')) == InvalidOpenBaoReply());
  CHECK(RefusalOf("p", std::string(1024, 'c')) == ReplyTooLarge());
  CHECK(RefusalOf(longest, CiphertextOf(2, 734)) == ReplyTooLarge());
}

TEST_CASE("Encrypt: a ciphertext that no Decrypt would take is never returned") {
  const std::string seed(32, 's');
  CHECK(RefusalOf(seed, CiphertextOf(2)) == std::nullopt);
  std::vector<std::string> wrong = {"",
                                    "vault:v2:",
                                    "vault:v2:QUJD",
                                    "vault:v2:!!not base64!!",
                                    CiphertextOf(1),
                                    CiphertextOf(22),
                                    CiphertextOf(2) + "=",
                                    CiphertextOf(2) + "\n",
                                    " " + CiphertextOf(2),
                                    CiphertextOf(2) + CiphertextOf(2).substr(9)};
  // Whole in form, but of another plaintext than the one that was sent.
  for (const std::size_t bytes : {1U, 16U, 30U, 31U, 33U, 34U, 64U}) {
    wrong.push_back(CiphertextOf(2, bytes));
  }
  const std::string good = CiphertextOf(2);
  for (std::size_t cut = 1; cut < good.size(); ++cut) {
    wrong.push_back(good.substr(0, good.size() - cut));
  }
  for (const std::string& ciphertext : wrong) {
    CAPTURE(ciphertext);
    CHECK(RefusalOf(seed, ciphertext) == InvalidOpenBaoReply());
  }
  CHECK(InvalidOpenBaoReply().code() == RpcCode::kInternal);
}

TEST_CASE("Encrypt: a 403 is tried once more with a fresh token and the same plaintext") {
  KmsBench b;
  ALLOW_TOKEN(b);
  REQUIRE_CALL(b.transit, Encrypt(_, _, _, _))
      .TIMES(2)
      .WITH(_2.plaintext.ExposeSecret() == "p")
      .LR_SIDE_EFFECT(b.encrypt_done = std::move(_4))
      .RETURN(nullptr);
  EXPECT_OBTAIN(b, 1U);
  b.Encrypt("p");
  auto first = std::move(b.encrypt_done);
  first(std::unexpected(OpenBaoFailure(OpenBaoStatus::kPermissionDenied)));
  b.obtained(testing::TokenOf(2));
  b.encrypt_done(Ciphertext(CiphertextOf(2, 1)));
  REQUIRE(b.encrypted);
  CHECK(b.encrypted->result.has_value());
}

TEST_CASE("Decrypt: a valid request is one Transit call under its own version's AAD") {
  KmsBench b;
  ALLOW_TOKEN(b);
  REQUIRE_CALL(b.transit, Decrypt(_, _, b.Deadline(), _))
      .WITH(_2.ciphertext.bytes() == CiphertextOf(2))
      .WITH(*_2.aad == BuildAad(testing::TestIdentity(), testing::Version(2), testing::IdOf(2)))
      .LR_SIDE_EFFECT(b.decrypt_done = std::move(_4))
      .RETURN(nullptr);
  b.Decrypt(GoodRequest(2));
  b.decrypt_done(Secret::Copy("plain"));
  REQUIRE(b.decrypted);
  REQUIRE(b.decrypted->result.has_value());
  CHECK(b.decrypted->result->plaintext.ExposeSecret() == "plain");
  CHECK(b.decrypted->transit_key_version == 2);
}

TEST_CASE("Decrypt: works while Status is unhealthy") {
  KmsBench b;
  b.clock.PassOnlyBoot(1h);
  ALLOW_TOKEN(b);
  EXPECT_DECRYPT(b, 1U);
  b.Decrypt(GoodRequest(2));
}

TEST_CASE("Decrypt: before any state it fails as stale") {
  KmsBench b;
  b.view.view = std::make_shared<const KeyView>();
  b.Decrypt(GoodRequest(2));
  CHECK(b.DecryptError() == StatusNotHealthy());
}

TEST_CASE("Decrypt: annotations of another cluster never reach Transit") {
  KmsBench b;
  ProviderIdentity other = testing::TestIdentity();
  other.cluster_id = "workload-b";
  DecryptRequest request = GoodRequest(2);
  request.annotations = GoodRequest(2, other).annotations;
  b.Decrypt(std::move(request));
  CHECK(b.DecryptError() == AnnotationsMismatch());
}

TEST_CASE("Decrypt: junk never spends a discovery") {
  KmsBench b;
  DecryptRequest request = GoodRequest(9);
  request.annotations.clear();
  b.Decrypt(std::move(request));
  CHECK(b.DecryptError() == InvalidAnnotations());
}

TEST_CASE("Decrypt: a 401 or 403 obtains a token newer than the refused one and retries once") {
  for (const OpenBaoStatus status :
       {OpenBaoStatus::kUnauthenticated, OpenBaoStatus::kPermissionDenied}) {
    KmsBench b;
    ALLOW_TOKEN(b);
    {
      EXPECT_DECRYPT(b, 1U);
      b.Decrypt(GoodRequest(2));
    }
    {
      EXPECT_OBTAIN(b, 1U);
      b.decrypt_done(std::unexpected(OpenBaoFailure(status)));
    }
    {
      EXPECT_DECRYPT(b, 2U);
      b.obtained(testing::TokenOf(2));
    }
    // Refused again: there is no third call. A 403 is the policy's, and the token is kept.
    std::unique_ptr<trompeloeil::expectation> dropped;
    if (status == OpenBaoStatus::kUnauthenticated) {
      dropped = NAMED_REQUIRE_CALL(b.tokens, Reject(2U));
    }
    auto second = std::move(b.decrypt_done);
    second(std::unexpected(OpenBaoFailure(status)));
    CHECK(b.DecryptError() == OpenBaoFailure(status));
  }
}

TEST_CASE("Decrypt: a 403 tells for what its token was good before") {
  const auto token = testing::TokenOf(1);
  KmsBench b;
  ALLOW_CALL(b.tokens, Current()).RETURN(token);
  const auto denial_of = [&] {
    REQUIRE_CALL(b.transit, Decrypt(_, _, _, _))
        .LR_SIDE_EFFECT(b.decrypt_done = std::move(_4))
        .RETURN(nullptr);
    EXPECT_OBTAIN(b, 1U);
    b.decrypted.reset();
    b.Decrypt(GoodRequest(2));
    b.decrypt_done(std::unexpected(OpenBaoFailure(OpenBaoStatus::kPermissionDenied)));
    b.obtained(std::unexpected(NoToken()));
    return b.tokens.denial;
  };
  TokenDenial expected{.generation = 1,
                       .operation = OpenBaoOperation::kTransitDecrypt,
                       .forbidden = true,
                       .accepted_here = false,
                       .accepted_elsewhere = false};
  CHECK(denial_of() == expected);
  token->accepted.Note(OpenBaoOperation::kTransitMetadataRead);
  expected.accepted_elsewhere = true;
  CHECK(denial_of() == expected);
  {
    EXPECT_DECRYPT(b, 1U);
    b.decrypted.reset();
    b.Decrypt(GoodRequest(2));
  }
  b.decrypt_done(Secret::Copy("good"));
  expected.accepted_here = true;
  CHECK(denial_of() == expected);
}

TEST_CASE("Decrypt: the retry's other failures are answered and reject no token") {
  KmsBench b;
  ALLOW_TOKEN(b);
  REQUIRE_CALL(b.transit, Decrypt(_, _, _, _))
      .TIMES(2)
      .LR_SIDE_EFFECT(b.decrypt_done = std::move(_4))
      .RETURN(nullptr);
  EXPECT_OBTAIN(b, 1U);
  b.Decrypt(GoodRequest(2));
  auto first = std::move(b.decrypt_done);
  first(std::unexpected(OpenBaoFailure(OpenBaoStatus::kPermissionDenied)));
  b.obtained(testing::TokenOf(2));
  b.decrypt_done(std::unexpected(OpenBaoFailure(OpenBaoStatus::kSealed)));
  CHECK(b.DecryptError() == OpenBaoFailure(OpenBaoStatus::kSealed));
}

TEST_CASE("Decrypt: throttled recovery answers the original denial and a failed one its cause") {
  const std::pair<Error, Error> rows[] = {
      {NoToken(), OpenBaoFailure(OpenBaoStatus::kPermissionDenied)},
      {LoginRefused(), LoginRefused()}};
  for (const auto& [cause, answer] : rows) {
    KmsBench b;
    ALLOW_TOKEN(b);
    EXPECT_DECRYPT(b, 1U);
    EXPECT_OBTAIN(b, 1U);
    b.Decrypt(GoodRequest(2));
    b.decrypt_done(std::unexpected(OpenBaoFailure(OpenBaoStatus::kPermissionDenied)));
    b.obtained(std::unexpected(cause));
    CHECK(b.DecryptError() == answer);
  }
}

TEST_CASE("Decrypt: other failures are answered as they are and never retried") {
  for (const OpenBaoStatus status :
       {OpenBaoStatus::kDecryptFailed, OpenBaoStatus::kSealed, OpenBaoStatus::kNotFound,
        OpenBaoStatus::kRateLimited, OpenBaoStatus::kUnavailable, OpenBaoStatus::kTimeout}) {
    KmsBench b;
    ALLOW_TOKEN(b);
    EXPECT_DECRYPT(b, 1U);
    b.Decrypt(GoodRequest(2));
    b.decrypt_done(std::unexpected(OpenBaoFailure(status)));
    CHECK(b.DecryptError() == OpenBaoFailure(status));
  }
}

TEST_CASE("Decrypt: without a token it waits for one and fails with what hindered that") {
  KmsBench b;
  ALLOW_CALL(b.tokens, Current()).RETURN(nullptr);
  {
    EXPECT_OBTAIN(b, 0U);
    b.Decrypt(GoodRequest(2));
    b.obtained(std::unexpected(NoToken()));
    CHECK(b.DecryptError() == NoToken());
  }
  b.decrypted.reset();
  EXPECT_OBTAIN(b, 0U);
  b.Decrypt(GoodRequest(2));
  EXPECT_DECRYPT(b, 4U);
  b.obtained(testing::TokenOf(4));
}

}  // namespace
}  // namespace baokms::core
