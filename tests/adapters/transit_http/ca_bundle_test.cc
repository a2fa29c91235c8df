#include "adapters/transit_http/transport/ca_bundle.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <span>

#include "tests/adapters/transit_http/transport_fixture.h"

namespace baokms::tests {
namespace {

using adapters::transit_http::CaBundle;
using adapters::transit_http::FirstCaFile;
using adapters::transit_http::NormalisedCertificates;

TEST_CASE("CA file: comments and blocks of other types are dropped") {
  const Identity one = MakeAuthority("one");
  const Identity two = MakeAuthority("two");
  const auto pem = NormalisedCertificates("# comment\n" + one.certificate_pem + one.key_pem +
                                          "between\n" + two.certificate_pem + "\n");
  REQUIRE(pem.has_value());
  CHECK(*pem == one.certificate_pem + two.certificate_pem);
}

TEST_CASE("CA file: cut at any length it is refused or whole certificates are left") {
  const Identity one = MakeAuthority("one");
  const Identity two = MakeAuthority("two");
  const std::string whole = one.certificate_pem + two.certificate_pem;
  for (std::size_t length = 0; length < whole.size(); ++length) {
    CAPTURE(length);
    const auto pem = NormalisedCertificates(whole.substr(0, length));
    if (!pem) continue;
    // A cut inside a BEGIN line cannot be told from text around the certificates.
    CHECK((*pem == one.certificate_pem || *pem == whole));
    const bool inside_second_body =
        length > one.certificate_pem.size() + 28 && length < whole.size() - 1;
    CHECK_FALSE(inside_second_body);
  }
}

TEST_CASE("CA file: a damaged certificate among good ones is refused") {
  const Identity one = MakeAuthority("one");
  std::string damaged = MakeAuthority("two").certificate_pem;
  damaged[100] = damaged[100] == 'A' ? 'B' : 'A';
  damaged.erase(120, 8);
  CHECK_FALSE(NormalisedCertificates(one.certificate_pem + damaged).has_value());
}

TEST_CASE("CA file: of the system's places the first that leads to a file counts") {
  ScratchDirectory scratch;
  const std::string file = scratch.Write("tls-ca-bundle.pem", "x");
  const std::string link = scratch.File("ca-bundle.crt");
  const std::string dead = scratch.File("dead");
  REQUIRE(symlink("tls-ca-bundle.pem", link.c_str()) == 0);
  REQUIRE(symlink("nowhere", dead.c_str()) == 0);
  const std::string other = scratch.Write("cert.pem", "y");
  const std::array places = {dead.c_str(), link.c_str(), other.c_str()};
  CHECK(FirstCaFile(places) == std::filesystem::canonical(file));
  CHECK(FirstCaFile(std::span(places).first(1)).empty());
}

TEST_CASE("CA file: it is looked at once a second and equal content keeps the pointer") {
  ScratchDirectory scratch;
  PlainFileReader files;
  WireTelemetry telemetry;
  const Identity one = MakeAuthority("one");
  const Identity two = MakeAuthority("two");
  const std::string path = scratch.Write("ca.pem", one.certificate_pem);
  const auto bundle = CaBundle::Load(path, files, telemetry);
  REQUIRE(bundle != nullptr);
  const auto at = [](int milliseconds) {
    return core::MonotonicTime(std::chrono::milliseconds(milliseconds));
  };
  const auto first = bundle->Current(at(0));
  CHECK(*first == one.certificate_pem);
  scratch.Write("ca.pem", two.certificate_pem);
  CHECK(bundle->Current(at(999)) == first);
  const auto second = bundle->Current(at(1000));
  CHECK(*second == two.certificate_pem);
  scratch.Write("ca.pem", "# same\n" + two.certificate_pem);
  CHECK(bundle->Current(at(2000)) == second);
}

// Reads what the test says, whatever the file's stamp: as when the process has no descriptor left,
// or when the file is written twice within one tick of its file system's clock.
class ScriptedReader final : public ports::FileReader {
 public:
  std::string content;
  bool fails = false;
  mutable int reads = 0;

  std::expected<core::Secret, ports::FileProblem> Read(const std::string&,
                                                       ports::FilePolicy) const override {
    ++reads;
    if (fails) return std::unexpected(ports::FileProblem::kUnreadable);
    return core::Secret::Copy(content);
  }
  std::expected<void, ports::FileProblem> Check(const std::string&,
                                                ports::FilePolicy) const override {
    return {};
  }
  std::expected<void, ports::FileProblem> CheckDirectory(const std::string&,
                                                         ports::DirectoryPolicy) const override {
    return {};
  }
};

struct ScriptedBundle {
  ScriptedBundle() {
    files.content = one;
    bundle = CaBundle::Load(path, files, telemetry);
    REQUIRE(bundle != nullptr);
  }
  std::string At(int seconds) {
    return *bundle->Current(core::MonotonicTime(std::chrono::seconds(seconds)));
  }
  // The file has another stamp from now on.
  void Touch(const std::string& text) { scratch.Write("ca.pem", text); }

  const std::string one = MakeAuthority("one").certificate_pem;
  const std::string two = MakeAuthority("two").certificate_pem;
  ScratchDirectory scratch;
  ScriptedReader files;
  WireTelemetry telemetry;
  const std::string path = scratch.Write("ca.pem", "1");
  std::unique_ptr<CaBundle> bundle;
};

TEST_CASE("CA file: what could not be read is read again at the next look and told once") {
  ScriptedBundle ca;
  CHECK(ca.At(0) == ca.one);
  ca.Touch("22");
  ca.files.content = ca.two;
  ca.files.fails = true;
  for (const int second : {1, 2, 3}) CHECK(ca.At(second) == ca.one);
  CHECK(ca.telemetry.ca_refused == 1);
  ca.files.fails = false;
  CHECK(ca.At(4) == ca.two);
  CHECK(ca.telemetry.ca_refused == 1);
  // The next file that cannot be used is told again.
  ca.Touch("333");
  ca.files.content = "no certificate";
  CHECK(ca.At(5) == ca.two);
  ca.Touch("4444");
  CHECK(ca.At(6) == ca.two);
  CHECK(ca.telemetry.ca_refused == 3);
}

TEST_CASE("CA file: what was unusable and is mended within the same stamp is used") {
  ScriptedBundle ca;
  CHECK(ca.At(0) == ca.one);
  ca.Touch("22");
  ca.files.content = ca.two.substr(0, 300);
  CHECK(ca.At(1) == ca.one);
  ca.files.content = ca.two;
  CHECK(ca.At(2) == ca.two);
}

TEST_CASE("CA file: what is written once more within the same stamp is used") {
  ScriptedBundle ca;
  CHECK(ca.At(0) == ca.one);
  ca.Touch("22");
  ca.files.content = ca.one + ca.two;
  CHECK(ca.At(1) == ca.one + ca.two);
  ca.files.content = ca.two;
  CHECK(ca.At(2) == ca.two);
  // A stamp that was there a look ago cannot be that of a later write.
  const int reads = ca.files.reads;
  for (int second = 3; second < 60; ++second) CHECK(ca.At(second) == ca.two);
  CHECK(ca.files.reads == reads);
}

}  // namespace
}  // namespace baokms::tests
