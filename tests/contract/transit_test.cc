// openbao-observed.md: encrypt and decrypt.
#include <doctest/doctest.h>

#include "core/text/base64.h"
#include "tests/contract/contract_case.h"

namespace baokms::testing {
namespace {

TEST_SUITE_BEGIN("transit");

TEST_CASE("Encrypt: the version asked for is used and the ciphertext is nonce and body and tag") {
  ContractCase c;
  c.setup.RotateKey();
  c.setup.RotateKey();
  for (const std::int64_t version : {1, 2, 3}) {
    const auto sealed = c.ports.Encrypt(c.root, "hello", version, kAad);
    REQUIRE(Outcome(sealed) == "ok");
    const std::string prefix = "vault:v" + std::to_string(version) + ":";
    REQUIRE(sealed->bytes().starts_with(prefix));
    CHECK(core::Base64DecodedLength(sealed->bytes().substr(prefix.size())) == 12 + 5 + 16);
    CHECK(c.ports.Decrypt(c.root, sealed->bytes(), kAad) == core::Result<std::string>("hello"));
  }
}

TEST_CASE("Encrypt and decrypt: the least-privilege policy is enough and bytes come back as sent") {
  ContractCase c;
  const ports::TokenRef token = c.LoginToken();
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) bytes.push_back(static_cast<char>(byte));
  for (const std::string& plaintext : {std::string("x"), bytes, std::string(731, '\0')}) {
    const auto sealed = c.ports.Encrypt(token, plaintext, 1, kAad);
    REQUIRE(Outcome(sealed) == "ok");
    CHECK(c.ports.Decrypt(token, sealed->bytes(), kAad) == core::Result<std::string>(plaintext));
  }
}

TEST_CASE("Encrypt: the same plaintext never gives the same ciphertext") {
  ContractCase c;
  CHECK(c.Ciphertext() != c.Ciphertext());
}

TEST_CASE("Encrypt: a version above the latest or below the minimum is refused") {
  ContractCase c;
  c.setup.RotateKey();
  c.setup.SetMinEncryptionVersion(2);
  CHECK(Outcome(c.ports.Encrypt(c.root, "hello", 3, kAad)) == "unknown invalid_argument");
  CHECK(Outcome(c.ports.Encrypt(c.root, "hello", 1, kAad)) == "unknown invalid_argument");
  CHECK(Outcome(c.ports.Encrypt(c.root, "hello", 2, kAad)) == "ok");
}

TEST_CASE("Encrypt: OpenBao's own words for what it refuses and the latest version otherwise") {
  ContractCase c;
  c.setup.RotateKey();
  c.setup.SetMinEncryptionVersion(2);
  struct Row {
    Json request;
    int status;
    std::string error;
  };
  for (const auto& [request, status, error] : {
           Row{{{"plaintext", kHello}}, 200, ""},
           Row{{{"plaintext", kHello}, {"key_version", 0}}, 200, ""},
           Row{{{"plaintext", ""}}, 200, ""},
           Row{{{"plaintext", kHello}, {"key_version", 3}},
               400,
               "requested version for encryption is higher than the latest key version"},
           Row{{{"plaintext", kHello}, {"key_version", -1}},
               400,
               "requested version for encryption is negative"},
           Row{{{"plaintext", kHello}, {"key_version", 1}},
               400,
               "requested version for encryption is less than the minimum encryption key version"},
           Row{{{"key_version", 2}}, 400, "missing plaintext to encrypt"},
           Row{{{"plaintext", "!"}}, 400, "illegal base64 data at input byte 0"},
       }) {
    CAPTURE(request.dump());
    for (const char* method : {"POST", "PUT"}) {
      const AdminReply reply = c.Root(method, c.Path("encrypt"), request);
      CHECK(reply.status == status);
      CHECK(reply.error() == error);
      if (status == 200) CHECK(reply.data().at("key_version") == 2);
    }
  }
  const AdminReply malformed =
      c.server.CallRaw("POST", c.Path("encrypt"), "{\"a\"", c.server.root_token());
  CHECK(malformed.status == 400);
  CHECK(malformed.error() ==
        (Since(2, 6) ? "failed to decode JSON input: unexpected EOF" : "error parsing JSON"));
}

TEST_CASE("Encrypt: the reply has the envelope and two fields of data") {
  ContractCase c;
  const AdminReply reply = c.Root("POST", c.Path("encrypt"), {{"plaintext", kHello}});
  REQUIRE(reply.status == 200);
  for (const char* field : {"request_id", "lease_id", "renewable", "lease_duration", "data",
                            "wrap_info", "warnings", "auth"}) {
    CAPTURE(field);
    CHECK(reply.json.contains(field));
  }
  CHECK(reply.data().size() == 2);
}

TEST_CASE("Decrypt: other or absent associated data fails the authentication") {
  ContractCase c;
  const std::string sealed = c.Ciphertext();
  for (const char* aad : {"{}", R"({"aad_version":"v1"} )", ""}) {
    CAPTURE(aad);
    CHECK(Outcome(c.ports.Decrypt(c.root, sealed, aad)) == "aad_mismatch invalid_argument");
  }
  for (const Json& request :
       {Json{{"ciphertext", sealed}}, Json{{"ciphertext", sealed}, {"associated_data", ""}}}) {
    const AdminReply reply = c.Root("POST", c.Path("decrypt"), request);
    CHECK(reply.status == 400);
    CHECK(reply.error() == "cipher: message authentication failed");
  }
}

TEST_CASE("Decrypt: a flipped bit of nonce or body or tag fails the authentication") {
  ContractCase c;
  const std::string sealed = c.Ciphertext();
  for (const std::size_t place : {std::size_t{9}, std::size_t{28}, sealed.size() - 3}) {
    std::string changed = sealed;
    changed[place] = changed[place] == 'A' ? 'B' : 'A';
    CAPTURE(place);
    CHECK(Outcome(c.ports.Decrypt(c.root, changed, kAad)) == "aad_mismatch invalid_argument");
  }
}

TEST_CASE("Decrypt: the version in the prefix is malleable only as v0") {
  ContractCase c;
  c.setup.RotateKey();
  const std::string body = c.Ciphertext().substr(9);
  const std::string aad = core::Base64Encode(kAad);
  struct Row {
    std::string ciphertext;
    int status;
    std::string error;
  };
  for (const auto& [ciphertext, status, error] :
       {Row{"vault:v0:" + body, 200, ""},
        Row{"vault:v2:" + body, 400, "cipher: message authentication failed"},
        Row{"vault:v3:" + body, 400, "invalid ciphertext: version is too new"},
        Row{"vault:v-1:" + body, 400,
            "ciphertext or signature version is disallowed by policy (too old)"},
        Row{"vault:vx:" + body, 400, "invalid ciphertext: version number could not be decoded"},
        Row{"vault:v1", 400, "invalid ciphertext: wrong number of fields"},
        Row{body, 400, "invalid ciphertext: no prefix"},
        Row{"vault:v1:!", 400, "invalid ciphertext: could not decode base64"},
        Row{"vault:v1:AAAA", 400, "invalid ciphertext length"}}) {
    CAPTURE(ciphertext);
    const AdminReply reply =
        c.Root("POST", c.Path("decrypt"), {{"ciphertext", ciphertext}, {"associated_data", aad}});
    CHECK(reply.status == status);
    CHECK(reply.error() == error);
    if (status == 400) {
      const bool authentic = error.contains("authentication");
      CHECK(Outcome(c.ports.Decrypt(c.root, ciphertext, kAad)) ==
            (authentic ? "aad_mismatch invalid_argument" : "unknown invalid_argument"));
    }
  }
}

TEST_CASE("Decrypt: versions below min_decryption_version are refused until it is lowered") {
  ContractCase c;
  const std::string sealed = c.Ciphertext();
  c.setup.RotateKey();
  c.setup.SetMinDecryptionVersion(2);
  CHECK(Outcome(c.ports.Decrypt(c.root, sealed, kAad)) == "unknown invalid_argument");
  CHECK(c.Root("POST", c.Path("decrypt"), {{"ciphertext", sealed}}).error() ==
        "ciphertext or signature version is disallowed by policy (too old)");
  c.setup.SetMinDecryptionVersion(1);
  CHECK(Outcome(c.ports.Decrypt(c.root, sealed, kAad)) == "ok");
}

TEST_CASE("Unknown key: 400 with the class of a missing key") {
  ContractCase c;
  PortsUnderTest nobody(
      c.server, {.transit_mount = c.setup.options().transit_mount, .key_name = "nobody-made-it"});
  CHECK(Outcome(nobody.Encrypt(c.root, "hello", 1, kAad)) == "transit_key_missing not_found");
  CHECK(Outcome(nobody.Decrypt(c.root, c.Ciphertext(), kAad)) == "transit_key_missing not_found");
  CHECK(Outcome(nobody.KeyMetadata(c.root)) == "transit_key_missing not_found");
  for (const auto& [verb, request] :
       {std::pair{"encrypt", Json{{"plaintext", kHello}}},
        std::pair{"decrypt", Json{{"ciphertext", "vault:v1:AAAA"}}}}) {
    const AdminReply reply = c.Root("POST", c.Path(verb, "nobody-made-it"), request);
    CHECK(reply.status == 400);
    CHECK(reply.error() == "encryption key not found");
  }
}

TEST_CASE("Unknown key: without disable_upsert an encrypt makes it") {
  ContractCase c;
  c.setup.SetDisableUpsert(false);
  CHECK(c.Root("POST", c.Path("encrypt", "made"), {{"plaintext", kHello}}).status == 200);
  CHECK(c.Root("GET", c.Path("keys", "made")).status == 200);
}

TEST_SUITE_END();

}  // namespace
}  // namespace baokms::testing
