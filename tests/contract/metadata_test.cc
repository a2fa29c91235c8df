// openbao-observed.md: GET keys/<k> and config/keys.
#include <doctest/doctest.h>

#include <ctime>
#include <set>

#include "tests/contract/contract_case.h"

namespace baokms::testing {
namespace {

std::vector<std::int64_t> Versions(const core::TransitKeyMetadata& metadata) {
  std::vector<std::int64_t> versions;
  for (const auto& entry : metadata.versions) versions.push_back(entry.version);
  return versions;
}

TEST_SUITE_BEGIN("metadata");

TEST_CASE("Metadata: a new key is what the profile asks for") {
  ContractCase c;
  const auto metadata = c.ports.KeyMetadata(c.LoginToken());
  REQUIRE(Outcome(metadata) == "ok");
  core::TransitKeyMetadata expected;
  expected.type = "aes256-gcm96";
  expected.supports_encryption = true;
  expected.supports_decryption = true;
  expected.latest_version = 1;
  expected.min_decryption_version = 1;
  expected.versions = metadata->versions;
  CHECK(*metadata == expected);
  REQUIRE(Versions(*metadata) == std::vector<std::int64_t>{1});
  const std::int64_t now = std::time(nullptr);
  CHECK(metadata->versions[0].created_at >= now - 120);
  CHECK(metadata->versions[0].created_at <= now + 1);
}

TEST_CASE("Metadata: every field OpenBao gives") {
  ContractCase c;
  const AdminReply reply = c.Root("GET", c.Path("keys"));
  REQUIRE(reply.status == 200);
  std::set<std::string> names;
  for (const auto& [name, value] : reply.data().items()) names.insert(name);
  CHECK(Json(names) ==
        Json({"allow_plaintext_backup", "auto_rotate_period", "deletion_allowed", "derived",
              "exportable", "imported_key", "keys", "latest_version", "min_available_version",
              "min_decryption_version", "min_encryption_version", "name", "soft_deleted",
              "supports_decryption", "supports_derivation", "supports_encryption",
              "supports_signing", "type"}));
  CHECK(reply.data().at("name") == c.setup.options().key_name);
  CHECK(reply.data().at("keys").at("1").is_number_integer());
}

TEST_CASE("Metadata: rotation adds a version and keeps the creation times of the others") {
  ContractCase c;
  const auto before = c.ports.KeyMetadata(c.root);
  REQUIRE(Outcome(before) == "ok");
  c.setup.RotateKey();
  c.setup.RotateKey();
  const auto after = c.ports.KeyMetadata(c.root);
  REQUIRE(Outcome(after) == "ok");
  CHECK(after->latest_version == 3);
  REQUIRE(Versions(*after) == std::vector<std::int64_t>{1, 2, 3});
  CHECK(after->versions[0] == before->versions[0]);
  CHECK(after->versions[2].created_at >= after->versions[0].created_at);
}

TEST_CASE("Metadata: raising min_decryption_version hides older versions and trims none") {
  ContractCase c;
  c.setup.RotateKey();
  c.setup.RotateKey();
  c.setup.SetMinDecryptionVersion(2);
  const auto raised = c.ports.KeyMetadata(c.root);
  REQUIRE(Outcome(raised) == "ok");
  CHECK(Versions(*raised) == std::vector<std::int64_t>{2, 3});
  CHECK(raised->min_decryption_version == 2);
  CHECK(raised->min_available_version == 0);
  c.setup.SetMinDecryptionVersion(1);
  const auto lowered = c.ports.KeyMetadata(c.root);
  REQUIRE(Outcome(lowered) == "ok");
  CHECK(Versions(*lowered) == std::vector<std::int64_t>{1, 2, 3});
}

TEST_CASE("Metadata: a trim shows in min_available_version and is for good") {
  ContractCase c;
  const std::string sealed = c.Ciphertext();
  c.setup.RotateKey();
  c.setup.SetMinDecryptionVersion(2);
  CHECK(c.Root("POST", c.Path("keys") + "/trim", {{"min_available_version", 2}}).status == 400);
  c.setup.SetMinEncryptionVersion(2);
  c.setup.Trim(2);
  const auto trimmed = c.ports.KeyMetadata(c.root);
  REQUIRE(Outcome(trimmed) == "ok");
  CHECK(trimmed->min_available_version == 2);
  CHECK(trimmed->min_encryption_version == 2);
  CHECK(Versions(*trimmed) == std::vector<std::int64_t>{2});
  CHECK(c.Root("POST", c.Path("keys") + "/config", {{"min_decryption_version", 1}}).status == 400);
  CHECK(Outcome(c.ports.Decrypt(c.root, sealed, kAad)) == "unknown invalid_argument");
}

TEST_CASE("Metadata: the flags of an unfit key are seen") {
  ContractCase c;
  c.setup.ConfigureKey(
      {{"exportable", true}, {"allow_plaintext_backup", true}, {"deletion_allowed", true}});
  const auto flagged = c.ports.KeyMetadata(c.root);
  REQUIRE(Outcome(flagged) == "ok");
  CHECK(flagged->exportable);
  CHECK(flagged->allow_plaintext_backup);
  CHECK(flagged->deletion_allowed);

  CHECK(flagged->auto_rotate_period == 0);
  c.setup.ConfigureKey({{"auto_rotate_period", "2h"}});
  const auto rotating = c.ports.KeyMetadata(c.root);
  REQUIRE(Outcome(rotating) == "ok");
  CHECK(rotating->auto_rotate_period == 7200);
  CHECK(c.Root("POST", c.Path("keys") + "/config", {{"auto_rotate_period", "59m"}}).status == 400);

  const auto read = [&c](const std::string& name, const Json& data) {
    c.setup.CreateKey(name, data);
    PortsUnderTest other(c.server,
                         {.transit_mount = c.setup.options().transit_mount, .key_name = name});
    return other.KeyMetadata(c.root);
  };
  const auto derived = read("derived", {{"derived", true}, {"convergent_encryption", true}});
  REQUIRE(Outcome(derived) == "ok");
  CHECK(derived->derived);
  CHECK(derived->convergent_encryption);
  CHECK(c.Root("POST", c.Path("keys", "bad"), {{"convergent_encryption", true}}).error() ==
        "convergent encryption requires derivation to be enabled");
  const auto signing = read("signing", {{"type", "ed25519"}});
  REQUIRE(Outcome(signing) == "ok");
  CHECK(signing->type == "ed25519");
  CHECK_FALSE(signing->supports_encryption);
}

TEST_CASE("Metadata: a key that is not there is 404 without a text") {
  ContractCase c;
  const AdminReply reply = c.Root("GET", c.Path("keys", "nobody-made-it"));
  CHECK(reply.status == 404);
  CHECK(reply.json == Json{{"errors", Json::array()}});
}

TEST_CASE("Metadata: a key deleted while in use is missing at once") {
  ContractCase c;
  const ports::TokenRef token = c.LoginToken();
  const std::string sealed = c.Ciphertext();
  c.setup.DeleteKey();
  CHECK(Outcome(c.ports.KeyMetadata(token)) == "transit_key_missing not_found");
  CHECK(Outcome(c.ports.Decrypt(token, sealed, kAad)) == "transit_key_missing not_found");
}

TEST_CASE("disable_upsert: read as it is set") {
  ContractCase c;
  const ports::TokenRef token = c.LoginToken();
  CHECK(c.ports.DisableUpsert(token) == core::Result<bool>(true));
  c.setup.SetDisableUpsert(false);
  CHECK(c.ports.DisableUpsert(token) == core::Result<bool>(false));
  CHECK(c.Root("GET", c.setup.options().transit_mount + "/config/keys").data() ==
        Json{{"disable_upsert", false}});
}

TEST_SUITE_END();

}  // namespace
}  // namespace baokms::testing
