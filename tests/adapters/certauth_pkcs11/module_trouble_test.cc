// A module that hangs, fails or counts wrong PINs (libraries.md, "PKCS#11").
#include <doctest/doctest.h>
#include <p11-kit/pkcs11.h>

#include <future>
#include <thread>

#include "adapters/cert/cert_login_source.h"
#include "adapters/certauth_pkcs11/pkcs11_source.h"
#include "tests/adapters/certauth_pkcs11/token_bench.h"
#include "tests/support/pkcs11/troubled_module.h"

namespace baokms::adapters::certauth_pkcs11 {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

std::string_view AdviceOf(const ports::IdentityResult& identity) {
  if (identity) return "";
  CHECK(identity.error().status == core::LoginStatus::kNoUsableSession);
  return identity.error().advice;
}

struct Trouble : TokenBench {
  testing::TroubledModule module;
  std::unique_ptr<Pkcs11Source> source = Source(testing::TroubledModule::Module());
};

TEST_CASE("Module trouble: a wrong PIN is tried once and again only when the file changes") {
  const Trouble bench;
  bench.WritePin("wrong\n");
  for (int i = 0; i < 3; ++i) {
    CHECK(AdviceOf(Acquire(*bench.source))
              .starts_with("auth.cert.pkcs11.pinFile: the token refused"));
  }
  bench.WritePin("wrong");  // written anew, the same PIN
  CHECK(!Acquire(*bench.source));
  CHECK(bench.module.Calls("C_Login") == 1);
  bench.WritePin("wrong too\n");
  CHECK(!Acquire(*bench.source));
  CHECK(!Acquire(*bench.source));
  CHECK(bench.module.Calls("C_Login") == 2);
  bench.WritePin(kPin);
  CHECK(Acquire(*bench.source).has_value());
  CHECK(bench.module.Calls("C_Login") == 3);
}

TEST_CASE("Module trouble: a PIN with a blank at its end or a byte order mark costs no try") {
  const Trouble bench;
  const std::string pin(kPin);
  for (const auto& [content, words] : {std::pair{pin + " ", "ends in a blank"},
                                       {pin + "\t\r\n", "ends in a blank"},
                                       {" " + pin + "\n", "begins or ends in a blank"},
                                       {"\xef\xbb\xbf" + pin, "begins with a byte order mark"}}) {
    bench.WritePin(content);
    const auto identity = Acquire(*bench.source);
    CHECK(AdviceOf(identity).starts_with("auth.cert.pkcs11.pinFile: invalid_content;"));
    CHECK(AdviceOf(identity).contains(words));
  }
  CHECK(bench.module.Calls("C_Login") == 0);
  bench.WritePin(pin + "\r\n\n");
  CHECK(Acquire(*bench.source).has_value());
  CHECK(bench.module.Calls("C_Login") == 1);
}

TEST_CASE("Module trouble: no PIN is tried when the next wrong one locks the token") {
  const Trouble bench;
  bench.module.AddFlags(CKF_USER_PIN_FINAL_TRY);
  CHECK(
      AdviceOf(Acquire(*bench.source)).starts_with("auth.cert.pkcs11.pinFile: one more wrong PIN"));
  bench.module.AddFlags(CKF_USER_PIN_LOCKED);
  CHECK(AdviceOf(Acquire(*bench.source))
            .starts_with("auth.cert.pkcs11.pinFile: the token's PIN is locked"));
  CHECK(bench.module.Calls("C_Login") == 0);
  bench.module.Heal();
  CHECK(Acquire(*bench.source).has_value());
}

TEST_CASE("Module trouble: without a free session it is reported at once") {
  const Trouble bench;
  bench.module.Fail("C_OpenSession", CKR_SESSION_COUNT);
  const auto began = Clock::now();
  CHECK(AdviceOf(Acquire(*bench.source)).starts_with("auth.cert.pkcs11.maxSessions:"));
  CHECK(Clock::now() - began < milliseconds(2000));
  bench.module.Heal();
  CHECK(Acquire(*bench.source).has_value());
}

TEST_CASE("Module trouble: logins and signatures never hold more than two sessions") {
  const Trouble bench;
  for (int i = 0; i < 5; ++i) {
    const auto identity = Acquire(*bench.source);
    REQUIRE(identity.has_value());
    CHECK(cert::ProbeSigner({}, **identity).has_value());
  }
  CHECK(bench.module.MostSessions() == 2);
  CHECK(bench.module.Calls("C_Login") == 1);
  CHECK(bench.module.Calls("C_Initialize") == 1);
}

TEST_CASE("Module trouble: a lost session opens the token anew") {
  for (const CK_RV code :
       {CKR_DEVICE_REMOVED, CKR_TOKEN_NOT_PRESENT, CKR_SESSION_HANDLE_INVALID, CKR_DEVICE_ERROR}) {
    const Trouble bench;
    const auto identity = Acquire(*bench.source);
    REQUIRE(identity.has_value());
    bench.module.Fail("C_Sign", code);
    CHECK(!cert::ProbeSigner({}, **identity).has_value());
    bench.module.Heal();
    const auto again = Acquire(*bench.source);
    REQUIRE(again.has_value());
    CHECK(cert::ProbeSigner({}, **again).has_value());
    CHECK(cert::ProbeSigner({}, **identity).has_value());  // the earlier one with it
    CHECK(bench.module.Calls("C_Login") == 2);
  }
}

TEST_CASE("Module trouble: an acquisition from a hanging module ends at its deadline") {
  for (const std::string function : {"C_OpenSession", "C_Login"}) {
    const Trouble bench;
    bench.module.Hang(function);
    for (int i = 0; i < 2; ++i) {
      const auto began = Clock::now();
      CHECK(AdviceOf(Acquire(*bench.source, milliseconds(300)))
                .starts_with("auth.cert.pkcs11.modulePath: the module did not answer"));
      const auto took = Clock::now() - began;
      CHECK(took >= milliseconds(295));
      CHECK(took < milliseconds(800));
    }
    CHECK(bench.module.Calls(function) == 1);  // no second one beside it
    bench.module.Heal();
    CHECK(Acquire(*bench.source).has_value());
  }
}

TEST_CASE("Module trouble: a signature that hangs ends at the deadline and the next one works") {
  const Trouble bench;
  auto identity = Acquire(*bench.source, milliseconds(600));
  REQUIRE(identity.has_value());
  bench.module.Hang("C_Sign");
  const auto began = Clock::now();
  CHECK(!cert::ProbeSigner({}, **identity).has_value());
  CHECK(Clock::now() - began < milliseconds(1000));
  CHECK(!Acquire(*bench.source, milliseconds(200)).has_value());
  CHECK(bench.module.Calls("C_Sign") == 1);
  bench.module.Heal();
  identity = Acquire(*bench.source);
  REQUIRE(identity.has_value());
  CHECK(cert::ProbeSigner({}, **identity).has_value());
}

TEST_CASE("Module trouble: the end comes in time while the module hangs") {
  Trouble bench;
  const auto identity = Acquire(*bench.source, std::chrono::hours(1));
  REQUIRE(identity.has_value());
  bench.module.Hang("C_Sign");
  auto signing =
      std::async(std::launch::async, [&] { return cert::ProbeSigner({}, **identity).has_value(); });
  while (bench.module.Calls("C_Sign") == 0) std::this_thread::sleep_for(milliseconds(5));
  const auto began = Clock::now();
  bench.source.reset();
  CHECK(!signing.get());
  CHECK(Clock::now() - began < milliseconds(2000));
  bench.module.Heal();
  std::this_thread::sleep_for(milliseconds(200));  // what was left behind ends by itself
}

TEST_CASE("Module trouble: an acquisition under way is answered at the end") {
  Trouble bench;
  bench.module.Hang("C_Login");
  std::promise<bool> answered;
  bench.source->Acquire(In(std::chrono::hours(1)), [&](const ports::IdentityResult& identity) {
    answered.set_value(identity.has_value());
  });
  while (bench.module.Calls("C_Login") == 0) std::this_thread::sleep_for(milliseconds(5));
  bench.source.reset();
  CHECK(!answered.get_future().get());
  bench.module.Heal();
  std::this_thread::sleep_for(milliseconds(200));
}

}  // namespace
}  // namespace baokms::adapters::certauth_pkcs11
