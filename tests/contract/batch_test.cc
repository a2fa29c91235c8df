// openbao-observed.md: the shapes of batches, as coalescing relies on them.
#include <doctest/doctest.h>

#include "core/text/base64.h"
#include "tests/contract/contract_case.h"

namespace baokms::testing {
namespace {

const std::string kAad64 = core::Base64Encode(kAad);

// A decrypt item that failed: its empty plaintext is there all the same.
Json Failed(const std::string& error, const std::string& reference) {
  return {{"error", error}, {"plaintext", ""}, {"reference", reference}};
}

TEST_SUITE_BEGIN("batch");

TEST_CASE("Batch: items are answered in order with their own version and reference") {
  ContractCase c;
  c.setup.RotateKey();
  const AdminReply sealed =
      c.Root("POST", c.Path("encrypt"),
             {{"batch_input",
               {{{"plaintext", kHello}, {"key_version", 2}, {"reference", "a"}},
                {{"plaintext", core::Base64Encode("x")},
                 {"key_version", 1},
                 {"associated_data", kAad64},
                 {"reference", "b"}}}}});
  REQUIRE(sealed.status == 200);
  REQUIRE(sealed.data().size() == 1);
  const Json& made = sealed.data().at("batch_results");
  REQUIRE(made.size() == 2);
  CHECK(made[0].size() == 3);
  CHECK(made[0].at("key_version") == 2);
  CHECK(made[0].at("reference") == "a");
  CHECK(made[0].at("ciphertext").get<std::string>().starts_with("vault:v2:"));
  CHECK(made[1].at("ciphertext").get<std::string>().starts_with("vault:v1:"));
  // An item of a batch is the same thing as a single call's.
  CHECK(c.ports.Decrypt(c.root, made[1].at("ciphertext"), kAad) == core::Result<std::string>("x"));
  const AdminReply opened =
      c.Root("POST", c.Path("decrypt"),
             {{"batch_input",
               {{{"ciphertext", made[1].at("ciphertext")},
                 {"associated_data", kAad64},
                 {"reference", "y"}},
                {{"ciphertext", made[0].at("ciphertext")}, {"reference", "z"}}}}});
  REQUIRE(opened.status == 200);
  CHECK(opened.data() == Json{{"batch_results",
                               {{{"plaintext", core::Base64Encode("x")}, {"reference", "y"}},
                                {{"plaintext", kHello}, {"reference", "z"}}}}});
}

TEST_CASE("Batch: an encrypt item fails alone under status 400") {
  ContractCase c;
  const Json items = {{{"plaintext", kHello}, {"key_version", 1}, {"reference", "good"}},
                      {{"plaintext", kHello}, {"key_version", 9}, {"reference", "late"}},
                      {{"plaintext", "!"}, {"key_version", 1}, {"reference", "text"}}};
  const AdminReply reply = c.Root("POST", c.Path("encrypt"), {{"batch_input", items}});
  CHECK(reply.status == 400);
  const Json& results = reply.data().at("batch_results");
  REQUIRE(results.size() == 3);
  CHECK(results[0].at("key_version") == 1);
  CHECK_FALSE(results[0].contains("error"));
  CHECK(results[1] ==
        Json{{"error", "requested version for encryption is higher than the latest key version"},
             {"reference", "late"}});
  CHECK(results[2] ==
        Json{{"error", "illegal base64 data at input byte 0"}, {"reference", "text"}});
  const AdminReply multi = c.Root("POST", c.Path("encrypt"),
                                  {{"batch_input", items}, {"partial_failure_response_code", 207}});
  CHECK(multi.status == 207);
}

TEST_CASE("Batch: a decrypt item fails alone with the single call's words") {
  ContractCase c;
  const std::string sealed = c.Ciphertext();
  const AdminReply reply =
      c.Root("POST", c.Path("decrypt"),
             {{"batch_input",
               {{{"ciphertext", sealed}, {"associated_data", kAad64}, {"reference", "0"}},
                {{"ciphertext", sealed}, {"reference", "1"}},
                {{"ciphertext", "vault:v9:" + sealed.substr(9)}, {"reference", "2"}},
                {{"ciphertext", "nothing"}, {"reference", "3"}},
                {{"ciphertext", "vault:v1:AAAA"}, {"reference", "4"}}}}});
  CHECK(reply.status == 400);
  CHECK(reply.data().at("batch_results") ==
        Json({{{"plaintext", kHello}, {"reference", "0"}},
              Failed("cipher: message authentication failed", "1"),
              Failed("invalid ciphertext: version is too new", "2"),
              Failed("invalid ciphertext: no prefix", "3"),
              Failed("invalid ciphertext length", "4")}));
}

TEST_CASE("Batch: all items failing is 400 too") {
  ContractCase c;
  const AdminReply reply = c.Root("POST", c.Path("encrypt"),
                                  {{"batch_input", {{{"plaintext", kHello}, {"key_version", 9}}}}});
  CHECK(reply.status == 400);
  CHECK(reply.data().at("batch_results").size() == 1);
}

TEST_CASE("Batch: an item without input fails all of it with 500 and no results") {
  ContractCase c;
  const Json bare = {{"reference", "a"}};
  const Json plain = {{"plaintext", kHello}};
  const Json sealed = {{"ciphertext", c.Ciphertext()}, {"associated_data", kAad64}};
  const AdminReply encrypt = c.Root("POST", c.Path("encrypt"), {{"batch_input", {plain, bare}}});
  CHECK(encrypt.status == 500);
  CHECK(encrypt.json ==
        Json{{"errors",
              {"1 error occurred:\n\t* failed to parse batch input: '[1].plaintext' missing "
               "plaintext to encrypt\n\n"}}});
  const AdminReply decrypt = c.Root("POST", c.Path("decrypt"), {{"batch_input", {sealed, bare}}});
  CHECK(decrypt.status == 500);
  CHECK(decrypt.json ==
        Json{{"errors",
              {"1 error occurred:\n\t* failed to parse batch input: '[1].ciphertext' missing "
               "ciphertext to decrypt\n\n"}}});
}

TEST_CASE("Batch: bad associated data of one item is 500 with the results of all") {
  ContractCase c;
  const std::string error =
      "unable to get associated_data/additional_data from factory[0]: illegal base64 data at "
      "input byte 0";
  const AdminReply encrypt =
      c.Root("POST", c.Path("encrypt"),
             {{"batch_input",
               {{{"plaintext", kHello}, {"reference", "a"}},
                {{"plaintext", kHello}, {"associated_data", "!"}, {"reference", "b"}}}}});
  CHECK(encrypt.status == 500);
  const Json& made = encrypt.data().at("batch_results");
  REQUIRE(made.size() == 2);
  CHECK(made[0].contains("ciphertext"));
  CHECK(made[1] == Json{{"error", error}, {"reference", "b"}});
  const AdminReply decrypt =
      c.Root("POST", c.Path("decrypt"),
             {{"batch_input",
               {{{"ciphertext", c.Ciphertext()}, {"associated_data", "!"}, {"reference", "c"}}}}});
  CHECK(decrypt.status == 500);
  CHECK(decrypt.data().at("batch_results") == Json::array({Failed(error, "c")}));
}

TEST_CASE("Batch: an empty one is refused and an unknown key refuses it whole") {
  ContractCase c;
  for (const char* verb : {"encrypt", "decrypt"}) {
    const AdminReply empty = c.Root("POST", c.Path(verb), {{"batch_input", Json::array()}});
    CHECK(empty.status == 400);
    CHECK(empty.error() == "missing batch input to process");
  }
  const AdminReply unknown = c.Root("POST", c.Path("encrypt", "nobody-made-it"),
                                    {{"batch_input", {{{"plaintext", kHello}}}}});
  CHECK(unknown.status == 400);
  CHECK(unknown.error() == "encryption key not found");
}

TEST_CASE("Batch: 64 items of the least-privilege policy are one call") {
  ContractCase c;
  Json items = Json::array();
  for (int i = 0; i < 64; ++i) {
    items.push_back({{"plaintext", core::Base64Encode(std::to_string(i))},
                     {"key_version", 1},
                     {"associated_data", kAad64},
                     {"reference", std::to_string(i)}});
  }
  const AdminReply reply =
      c.server.Call("POST", c.Path("encrypt"), {{"batch_input", items}}, c.setup.Login());
  REQUIRE(reply.status == 200);
  const Json& results = reply.data().at("batch_results");
  REQUIRE(results.size() == 64);
  CHECK(c.ports.Decrypt(c.root, results[63].at("ciphertext"), kAad) ==
        core::Result<std::string>("63"));
}

// What the port's own requests get when they share calls is what each gets alone.
TEST_CASE("Batch: requests of the port that leave together get what each would get alone") {
  ContractCase c;
  c.setup.RotateKey();
  const std::string sealed = c.Ciphertext();
  const std::string other_aad = R"({"aad_version":"v2"})";
  std::vector<PortsUnderTest::Sealed> objects;
  for (int i = 0; i < 12; ++i) {
    objects.push_back(
        {c.ports.Encrypt(c.root, "value " + std::to_string(i), i % 2 + 1, kAad).value().bytes(),
         kAad});
    objects.push_back({sealed, other_aad});
    objects.push_back({"vault:v9:" + sealed.substr(9), kAad});
    objects.push_back({"nothing", kAad});
    objects.push_back({"vault:v1:AAAA", kAad});
  }
  const auto opened = c.ports.DecryptTogether(c.root, objects);
  CHECK(c.ports.batches() >= 1);
  for (std::size_t i = 0; i < objects.size(); ++i) {
    CAPTURE(i);
    const auto alone = c.ports.Decrypt(c.root, objects[i].ciphertext, objects[i].aad);
    CHECK(opened[i] == alone);
    if (i % 5 == 0) CHECK(opened[i] == "value " + std::to_string(i / 5));
  }

  std::vector<PortsUnderTest::Plain> plain;
  for (int i = 0; i < 40; ++i) plain.push_back({"item " + std::to_string(i), i % 3 + 1, kAad});
  const std::size_t before = c.ports.batches();
  const auto made = c.ports.EncryptTogether(c.root, plain);
  CHECK(c.ports.batches() > before);
  for (std::size_t i = 0; i < plain.size(); ++i) {
    CAPTURE(i);
    if (plain[i].version == 3) {  // there is none yet
      CHECK(Outcome(made[i]) == Outcome(c.ports.Encrypt(c.root, "x", 3, kAad)));
      continue;
    }
    REQUIRE(made[i].has_value());
    CHECK(made[i]->bytes().starts_with("vault:v" + std::to_string(plain[i].version) + ":"));
    CHECK(c.ports.Decrypt(c.root, made[i]->bytes(), kAad) ==
          core::Result<std::string>(plain[i].plaintext));
  }
}

TEST_CASE("Batch: requests of the port that leave together are denied like one") {
  ContractCase c;
  const std::vector<PortsUnderTest::Sealed> objects(20, {c.Ciphertext(), kAad});
  const auto token = TokenOf("s.unknown");
  const std::string alone = Outcome(c.ports.Decrypt(token, objects[0].ciphertext, kAad));
  for (const auto& result : c.ports.DecryptTogether(token, objects)) {
    CHECK(Outcome(result) == alone);
  }
  CHECK(c.ports.batches() >= 1);
}

TEST_SUITE_END();

}  // namespace
}  // namespace baokms::testing
