#include "adapters/transit_http/transport/ca_bundle.h"

#include <doctest/doctest.h>

#include "tests/adapters/transit_http/transport_fixture.h"

namespace baokms::tests {
namespace {

using adapters::transit_http::CaBundle;
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

}  // namespace
}  // namespace baokms::tests
