#include <doctest/doctest.h>

#include "adapters/transit_http/openbao/openbao_path.h"
#include "adapters/transit_http/openbao/request_bodies.h"
#include "adapters/transit_http/transport/server_address.h"

namespace baokms::tests {
namespace {

using namespace adapters::transit_http;

std::shared_ptr<const core::Aad> SomeAad() {
  return std::make_shared<const core::Aad>(core::Aad::FromCanonicalJson("{\"a\":1}"));
}

TEST_CASE("Encrypt body: plaintext in base64 with AAD and the explicit version") {
  ports::TransitEncryptRequest request{.plaintext = core::Secret::Copy("hello"),
                                       .version = *core::TransitKeyVersion::FromNumber(12),
                                       .aad = SomeAad()};
  CHECK(EncryptBody(request).ExposeSecret() ==
        R"({"plaintext":"aGVsbG8=","associated_data":"eyJhIjoxfQ==","key_version":12})");
}

TEST_CASE("Decrypt body: ciphertext and AAD and nothing can leave its string") {
  const ports::TransitDecryptRequest request{.ciphertext = core::Ciphertext("vault:v1:ab\"\\\n"),
                                             .aad = SomeAad()};
  CHECK(DecryptBody(request).ExposeSecret() ==
        R"({"ciphertext":"vault:v1:ab\"\\\n","associated_data":"eyJhIjoxfQ=="})");
}

TEST_CASE("Capabilities body: the paths as asked") {
  CHECK(CapabilitiesBody({"t/keys/k", "a\"b"}).ExposeSecret() ==
        R"({"paths":["t/keys/k","a\"b"]})");
  CHECK(CapabilitiesBody({}).ExposeSecret() == R"({"paths":[]})");
}

TEST_CASE("Renew body: the increment in seconds") {
  CHECK(RenewBody(std::chrono::hours(1)).ExposeSecret() == R"({"increment":3600})");
}

TEST_CASE("Path: mount segments stay and everything else is encoded") {
  CHECK(OpenBaoPath("transit", "encrypt", "k") == "/v1/transit/encrypt/k");
  CHECK(OpenBaoPath("team/transit/", "keys", "a-b_c.d~e") == "/v1/team/transit/keys/a-b_c.d~e");
  CHECK(OpenBaoPath("a b?c#d%e", "config/keys") == "/v1/a%20b%3Fc%23d%25e/config/keys");
  CHECK(OpenBaoPath("t", "keys", "../x\r\n") == "/v1/t/keys/..%2Fx%0D%0A");
}

TEST_CASE("Address: curl gets the server name as URL host and the address to connect to") {
  const auto plain = ServerAddress::Parse("https://bao.example:8200", "");
  REQUIRE(plain.has_value());
  CHECK(plain->url_prefix == "https://bao.example:8200");
  CHECK(plain->host == "bao.example");
  CHECK(plain->ConnectTo("10.0.0.1") == "bao.example:8200:10.0.0.1:8200");
  CHECK(plain->host_header.empty());
  const auto named = ServerAddress::Parse("https://[::1]", "bao.example");
  REQUIRE(named.has_value());
  CHECK(named->url_prefix == "https://bao.example:443");
  CHECK(named->host == "::1");
  CHECK(named->ConnectTo("::1") == "bao.example:443:[::1]:443");
  CHECK(named->host_header == "Host: [::1]");
  CHECK_FALSE(ServerAddress::Parse("https://h", "a/b").has_value());
  CHECK_FALSE(ServerAddress::Parse("https://h", "a\nb").has_value());
}

}  // namespace
}  // namespace baokms::tests
