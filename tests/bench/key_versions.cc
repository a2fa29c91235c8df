#include "tests/bench/key_versions.h"

#include <openssl/rand.h>

#include <array>
#include <string>

#include "core/text/base64.h"
#include "tests/support/harness/harness_error.h"

namespace baokms::testing {
namespace {

std::string RandomKey() {
  std::array<unsigned char, 32> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) {
    throw HarnessError("no random bytes");
  }
  return core::Base64Encode(std::string(bytes.begin(), bytes.end()));
}

std::string Decoded(const std::string& base64) {
  const auto length = core::Base64DecodedLength(base64);
  if (!length) throw HarnessError("the backup is not base64");
  std::string text(*length, '\0');
  core::Base64DecodeTo(base64, text.data());
  return text;
}

}  // namespace

void GiveVersions(OpenBaoUnderTest& openbao, const OpenBaoSetup& setup, int versions) {
  if (openbao.name() == "emulator") {
    for (int version = 2; version <= versions; ++version) setup.RotateKey();
    return;
  }
  const std::string mount = setup.options().transit_mount;
  const std::string key = setup.options().key_name;
  setup.ConfigureKey({{"exportable", true}, {"allow_plaintext_backup", true}});
  const AdminReply backup = openbao.MustAdmin("GET", mount + "/backup/" + key);
  Json content = Json::parse(Decoded(backup.data().at("backup").get<std::string>()));
  Json& policy = content["policy"];
  for (int version = 2; version <= versions; ++version) {
    Json entry = policy["keys"]["1"];
    entry["key"] = RandomKey();
    policy["keys"][std::to_string(version)] = entry;
    content["archived_keys"]["keys"].push_back(entry);
  }
  policy["latest_version"] = versions;
  policy["archive_version"] = versions;
  // No provider would accept the key otherwise.
  policy["exportable"] = false;
  policy["allow_plaintext_backup"] = false;
  openbao.MustAdmin("POST", mount + "/restore/" + key,
                    {{"backup", core::Base64Encode(content.dump())}, {"force", true}});
}

}  // namespace baokms::testing
