// The deep probe over mocked ports: what is sent at which version, and what each reply means.
#include "core/rotation/deep_probe.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <string>

#include "core/wire/aad.h"
#include "core/wire/transit_ciphertext.h"
#include "tests/support/core/decrypt_requests.h"
#include "tests/support/core/port_bench.h"
#include "tests/support/ports/counting_random.h"

namespace baokms::core {
namespace {

using testing::CiphertextOf;
using testing::TokenOf;
using testing::Version;
using trompeloeil::_;

// The bytes that CountingRandom gives first.
std::string FirstBytes(std::size_t count) {
  std::string bytes;
  for (std::size_t i = 1; i <= count; ++i) bytes += static_cast<char>(i);
  return bytes;
}

struct DeepProbeBench : testing::PortBench {
  baokms::testing::CountingRandom random;
  std::optional<DeepProbeFinished> finished;
  std::unique_ptr<ports::PendingCall> call;

  void Probe(std::int64_t version) {
    call = ProbeDeeply(tokens, transit, random, Version(version), deadline,
                       [this](DeepProbeFinished end) {
                         REQUIRE_FALSE(finished.has_value());
                         finished = end;
                       });
  }
  // Up to the Encrypt that waits for its reply.
  void ProbeToEncrypt(std::int64_t version) {
    REQUIRE_CALL(transit, Encrypt(_, _, deadline, _))
        .LR_SIDE_EFFECT(encrypted = std::move(_4))
        .RETURN(nullptr);
    Probe(version);
  }
  // Up to the Decrypt that waits for its reply.
  void ProbeToDecrypt(std::int64_t version) {
    ProbeToEncrypt(version);
    REQUIRE_CALL(transit, Decrypt(_, _, deadline, _))
        .LR_SIDE_EFFECT(decrypted = std::move(_4))
        .RETURN(nullptr);
    encrypted(Ciphertext(CiphertextOf(version)));
  }
  DeepResult Ended() const {
    REQUIRE(finished.has_value());
    return finished->result;
  }
};

}  // namespace

TEST_CASE("Deep probe: 32 random bytes go out at the explicit version under the probe AAD") {
  DeepProbeBench b;
  ALLOW_TOKEN(b);
  REQUIRE_CALL(b.transit, Encrypt(_, _, b.deadline, _))
      .WITH(_1->generation == 1)
      .WITH(_2.plaintext.ExposeSecret() == FirstBytes(32))
      .WITH(_2.version == Version(7))
      .WITH(*_2.aad == ProbeAad())
      .RETURN(nullptr);
  b.Probe(7);
  CHECK(b.random.asked == 32);
  CHECK_FALSE(b.finished);
}

TEST_CASE("Deep probe: two probes send different bytes") {
  DeepProbeBench b;
  ALLOW_TOKEN(b);
  std::vector<std::string> sent;
  REQUIRE_CALL(b.transit, Encrypt(_, _, _, _))
      .TIMES(2)
      .LR_SIDE_EFFECT(sent.emplace_back(_2.plaintext.ExposeSecret()))
      .RETURN(nullptr);
  b.Probe(1);
  b.Probe(1);
  CHECK(sent.at(0) != sent.at(1));
}

TEST_CASE("Deep probe: the very ciphertext is decrypted under the probe AAD and must agree") {
  DeepProbeBench b;
  ALLOW_TOKEN(b);
  b.ProbeToEncrypt(3);
  REQUIRE_CALL(b.transit, Decrypt(_, _, b.deadline, _))
      .WITH(_1->generation == 1)
      .WITH(_2.ciphertext.bytes() == CiphertextOf(3))
      .WITH(*_2.aad == ProbeAad())
      .LR_SIDE_EFFECT(b.decrypted = std::move(_4))
      .RETURN(nullptr);
  b.encrypted(Ciphertext(CiphertextOf(3)));
  CHECK_FALSE(b.finished);
  b.decrypted(Secret::Copy(FirstBytes(32)));
  CHECK(b.Ended() == DeepResult::kOk);
  CHECK_FALSE(b.finished->error);
}

TEST_CASE("Deep probe: a ciphertext of another version or form or size is invalid") {
  for (const std::string& wrong :
       {CiphertextOf(2), std::string("vault:v3:"), std::string("no ciphertext"),
        CiphertextPrefix(Version(3)) + Base64Encode(std::string(28, 'c')), CiphertextOf(3, 31),
        CiphertextOf(3, 33), CiphertextOf(3, 16), CiphertextOf(3) + "=",
        CiphertextPrefix(Version(3)) + Base64Encode(std::string(768, 'c'))}) {
    CAPTURE(wrong);
    DeepProbeBench b;
    ALLOW_TOKEN(b);
    b.ProbeToEncrypt(3);
    b.encrypted(Ciphertext(wrong));  // no Decrypt is allowed
    CHECK(b.Ended() == DeepResult::kInvalid);
    CHECK_FALSE(b.finished->error);
  }
}

TEST_CASE("Deep probe: another plaintext is invalid: one bit or one byte more or less") {
  std::string bit = FirstBytes(32);
  bit[31] = static_cast<char>(bit[31] ^ 1);
  for (const std::string& wrong : {bit, FirstBytes(31), FirstBytes(33), std::string()}) {
    DeepProbeBench b;
    ALLOW_TOKEN(b);
    b.ProbeToDecrypt(3);
    b.decrypted(Secret::Copy(wrong));
    CHECK(b.Ended() == DeepResult::kInvalid);
    CHECK_FALSE(b.finished->error);
  }
}

TEST_CASE("Deep probe: a reply that contradicts its request is invalid in either half") {
  DeepProbeBench encrypt;
  ALLOW_TOKEN(encrypt);
  encrypt.ProbeToEncrypt(1);
  encrypt.encrypted(std::unexpected(InvalidOpenBaoReply()));
  CHECK(encrypt.Ended() == DeepResult::kInvalid);

  DeepProbeBench decrypt;
  ALLOW_TOKEN(decrypt);
  decrypt.ProbeToDecrypt(1);
  decrypt.decrypted(std::unexpected(InvalidOpenBaoReply()));
  CHECK(decrypt.Ended() == DeepResult::kInvalid);
}

TEST_CASE("Deep probe: any other failure is failed and keeps its error") {
  for (const Error& why :
       {OpenBaoFailure(OpenBaoStatus::kSealed), OpenBaoFailure(OpenBaoStatus::kDecryptFailed),
        OpenBaoFailure(OpenBaoStatus::kUnavailable), DeadlineExceeded(), ShuttingDown()}) {
    CAPTURE(why.message());
    DeepProbeBench encrypt;
    ALLOW_TOKEN(encrypt);
    encrypt.ProbeToEncrypt(1);
    encrypt.encrypted(std::unexpected(why));
    CHECK(encrypt.Ended() == DeepResult::kFailed);
    CHECK(encrypt.finished->error == why);

    DeepProbeBench decrypt;
    ALLOW_TOKEN(decrypt);
    decrypt.ProbeToDecrypt(1);
    decrypt.decrypted(std::unexpected(why));
    CHECK(decrypt.Ended() == DeepResult::kFailed);
    CHECK(decrypt.finished->error == why);
  }
}

TEST_CASE("Deep probe: without a token nothing is sent and the reason is told") {
  DeepProbeBench b;
  ALLOW_CALL(b.tokens, Current()).RETURN(nullptr);
  REQUIRE_CALL(b.tokens, Obtain(0U, b.deadline, _))
      .LR_SIDE_EFFECT(b.obtained = std::move(_3))
      .RETURN(nullptr);
  b.Probe(1);
  b.obtained(std::unexpected(LoginRefused()));
  CHECK(b.Ended() == DeepResult::kFailed);
  CHECK(b.finished->error == LoginRefused());
}

TEST_CASE("Deep probe: each half recovers once from 401 and 403") {
  for (const auto denial : {OpenBaoStatus::kUnauthenticated, OpenBaoStatus::kPermissionDenied}) {
    DeepProbeBench b;
    ALLOW_TOKEN(b);
    b.ProbeToEncrypt(1);
    {
      REQUIRE_CALL(b.tokens, Obtain(1U, b.deadline, _))
          .LR_SIDE_EFFECT(b.obtained = std::move(_3))
          .RETURN(nullptr);
      b.encrypted(std::unexpected(OpenBaoFailure(denial)));
    }
    {  // the same bytes again
      REQUIRE_CALL(b.transit, Encrypt(_, _, b.deadline, _))
          .WITH(_1->generation == 2)
          .WITH(_2.plaintext.ExposeSecret() == FirstBytes(32))
          .LR_SIDE_EFFECT(b.encrypted = std::move(_4))
          .RETURN(nullptr);
      b.obtained(TokenOf(2));
    }
    {
      REQUIRE_CALL(b.transit, Decrypt(_, _, b.deadline, _))
          .LR_SIDE_EFFECT(b.decrypted = std::move(_4))
          .RETURN(nullptr);
      b.encrypted(Ciphertext(CiphertextOf(1)));
    }
    {
      REQUIRE_CALL(b.tokens, Obtain(1U, b.deadline, _))
          .LR_SIDE_EFFECT(b.obtained = std::move(_3))
          .RETURN(nullptr);
      b.decrypted(std::unexpected(OpenBaoFailure(denial)));
    }
    {
      REQUIRE_CALL(b.transit, Decrypt(_, _, b.deadline, _))
          .WITH(_1->generation == 2)
          .LR_SIDE_EFFECT(b.decrypted = std::move(_4))
          .RETURN(nullptr);
      b.obtained(TokenOf(2));
    }
    // The one retry was refused too.
    std::unique_ptr<trompeloeil::expectation> dropped;
    if (denial == OpenBaoStatus::kUnauthenticated) {
      dropped = NAMED_REQUIRE_CALL(b.tokens, Reject(2U));
    }
    b.decrypted(std::unexpected(OpenBaoFailure(denial)));
    CHECK(b.Ended() == DeepResult::kFailed);
    CHECK(b.finished->error == OpenBaoFailure(denial));
  }
}

TEST_CASE("Deep probe: a throttled recovery leaves the original denial") {
  DeepProbeBench b;
  ALLOW_TOKEN(b);
  b.ProbeToEncrypt(1);
  REQUIRE_CALL(b.tokens, Obtain(1U, b.deadline, _))
      .LR_SIDE_EFFECT(b.obtained = std::move(_3))
      .RETURN(nullptr);
  b.encrypted(std::unexpected(OpenBaoFailure(OpenBaoStatus::kPermissionDenied)));
  b.obtained(std::unexpected(NoToken()));
  CHECK(b.Ended() == DeepResult::kFailed);
  CHECK(b.finished->error == OpenBaoFailure(OpenBaoStatus::kPermissionDenied));
}

TEST_CASE("Deep probe: abandoned in either half it abandons what is under way") {
  DeepProbeBench first;
  ALLOW_TOKEN(first);
  auto encrypting = std::make_unique<testing::MockPendingCall>();
  REQUIRE_CALL(*encrypting, Abandon());
  REQUIRE_CALL(first.transit, Encrypt(_, _, _, _))
      .LR_SIDE_EFFECT(first.encrypted = std::move(_4))
      .LR_RETURN(std::move(encrypting));
  first.Probe(3);
  first.call->Abandon();
  first.encrypted(Ciphertext(CiphertextOf(3)));  // no Decrypt is allowed
  CHECK(first.Ended() == DeepResult::kFailed);
  CHECK(first.finished->error == Cancelled());

  DeepProbeBench second;
  ALLOW_TOKEN(second);
  second.ProbeToEncrypt(3);
  auto decrypting = std::make_unique<testing::MockPendingCall>();
  REQUIRE_CALL(*decrypting, Abandon());
  REQUIRE_CALL(second.transit, Decrypt(_, _, _, _))
      .LR_SIDE_EFFECT(second.decrypted = std::move(_4))
      .LR_RETURN(std::move(decrypting));
  second.encrypted(Ciphertext(CiphertextOf(3)));
  second.call->Abandon();
  second.decrypted(std::unexpected(Cancelled()));
  CHECK(second.finished->error == Cancelled());
}

}  // namespace baokms::core
