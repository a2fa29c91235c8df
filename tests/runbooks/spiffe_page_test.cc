// docs/login/spiffe.md, block by block, with a real SPIRE and the bao program.
#include <doctest/doctest.h>
#include <unistd.h>

#include <map>

#include "tests/e2e/support/svid_login.h"
#include "tests/runbooks/operator.h"
#include "tests/runbooks/page.h"
#include "tests/support/harness/real_openbao.h"
#include "tests/support/harness/spire_under_test.h"
#include "tests/support/skip.h"

namespace baokms::runbooks {
namespace {

using testing::SpireUnderTest;

// Whoever follows the page: every block after the other in one directory, once.
class Reader {
 public:
  explicit Reader(std::map<std::string, std::string> values)
      : page_(ReadPage("spiffe")), values_(std::move(values)) {
    REQUIRE(page_.blocks.size() > 1);
    REQUIRE(page_.blocks.front().name == "names");
  }

  bool Done() const { return next_ == page_.blocks.size(); }
  const std::string& Name() const { return page_.blocks[next_].name; }
  // Runs the next block; whether it ended well.
  bool Do() {
    std::string commands = page_.blocks.front().commands + page_.blocks[next_].commands;
    for (const auto& [example, value] : values_) {
      for (std::size_t at = 0; (at = commands.find(example, at)) != std::string::npos;) {
        commands.replace(at, example.size(), value);
        at += value.size();
      }
    }
    const std::string output = work_.Write("output", "");
    testing::ChildProcess shell({.argv = {"bash", "-euo", "pipefail", "-c", commands},
                                 .environment = {{"BAO_TOKEN", e2e::SharedOpenBao().root_token()}},
                                 .stdout_file = output,
                                 .stderr_file = output,
                                 .working_directory = work_.path()});
    const auto ended = shell.Wait(e2e::Milliseconds(30000));
    said_ = shell.Stdout();
    if (!ended || ended->code != 0) return false;
    ++next_;
    return true;
  }
  // Those up to and with this one, each at the first attempt.
  void DoUpTo(const std::string& name) {
    for (bool last = false; !last;) {
      last = Name() == name;
      const bool done = Do();
      INFO(said_);
      REQUIRE(done);
    }
  }

 private:
  Page page_;
  std::map<std::string, std::string> values_;
  std::size_t next_ = 1;  // the names run before every block
  std::string said_;
  testing::TempDirectory work_;
};

// One case for all sections: each stands on what the one before it made.
[[maybe_unused]] const bool kSpiffePageCovered = Covers("spiffe", "An entry in SPIRE") &&
                                                 Covers("spiffe", "JWT-SVIDs") &&
                                                 Covers("spiffe", "X.509-SVIDs");

TEST_CASE("SPIRE: the page on SPIFFE logins works as it is written") {
  if (!testing::HasSpire()) {
    testing::SaySkipped(testing::HowToGetSpire());
    return;
  }
  const auto bao = testing::FindRealOpenBao();
  if (!bao) {
    testing::SaySkipped(testing::HowToGetOpenBao());
    return;
  }
  SpireUnderTest spire;
  e2e::Bench bench;
  e2e::ProviderConfig x509 = bench.Config();
  e2e::ProviderConfig jwt = bench.Config();
  testing::TempDirectory bin;
  CHECK(symlink(bao->c_str(), bin.File("bao").c_str()) == 0);
  Reader person({{"https://openbao.example:8200", e2e::SharedOpenBao().address()},
                 {"/etc/openbao-kms/tls/ca.crt", x509.ca_file() + " PATH=" + bin.path() + ":$PATH"},
                 {"/run/spire/server/api.sock", spire.server_socket()},
                 {"/run/spire/agent/api.sock", spire.agent_socket()},
                 {"PROVIDER_UID=990", "PROVIDER_UID=" + std::to_string(getuid())},
                 {"openbao-kms token_no", bench.setup.options().policy + " token_no"}});
  const e2e::SvidAgent agent{.socket = "unix://" + spire.agent_socket(),
                             .spiffe_id = spire.IdOf({.path = "/kms"})};
  person.DoUpTo("entry");
  // "Some seconds later", says the page.
  REQUIRE(person.Name() == "fetch");
  REQUIRE(e2e::Eventually(e2e::Milliseconds(30000), [&] { return person.Do(); }));
  person.DoUpTo("jwt-auth");
  e2e::UseJwtSvid(jwt, "auth/jwt-spiffe", agent);
  e2e::Serving(jwt).CheckRoundTrip();
  person.DoUpTo("cert-auth");
  e2e::UseX509Svid(x509, "auth/cert-spiffe", agent);
  e2e::Serving(x509).CheckRoundTrip();
  CHECK(person.Done());
}

}  // namespace
}  // namespace baokms::runbooks
