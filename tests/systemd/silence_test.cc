// What the journal of a node keeps of a provider's life (observability.md, "What is never shown").
#include <doctest/doctest.h>

#include "tests/e2e/support/leak_search.h"
#include "tests/e2e/support/overheard.h"
#include "tests/systemd/node.h"

namespace baokms::systemd_tests {
namespace {

constexpr const char* kPlaintext = "canary-plaintext-in-no-journal-7c20f1";

TEST_CASE("Silence: the journal of a node holds no secret and no name of what was served") {
  if (Node::Skipped()) return;
  Node node;
  const BootedMachine& machine = node.machine;
  node.values["logging"] = {{"level", "debug"}};
  node.machine.Boot();
  node.SetUp();
  node.CheckAnswers();

  // What this process encrypts, and the names, directories and JWTs that it made, are planted.
  const testing::KmsStub kms(machine.At("/run/openbao-kms/kms.sock"));
  const testing::EncryptAnswer encrypted = kms.Encrypt(kPlaintext);
  REQUIRE_MESSAGE(encrypted.status.ok(), encrypted.status.message);
  CHECK(kms.Decrypt(encrypted.sealed).plaintext == kPlaintext);
  testing::SealedObject changed = encrypted.sealed;
  changed.ciphertext[12] = changed.ciphertext[12] == 'A' ? 'B' : 'A';
  CHECK_FALSE(kms.Decrypt(changed).status.ok());
  // A new login, and one that fails.
  node.bench.setup.RevokeAllTokens();
  CHECK(e2e::Eventually(Milliseconds(30000),
                        [&] { return kms.Decrypt(encrypted.sealed).status.ok(); }));
  machine.Must("systemctl restart bao-kms-provider");
  node.CheckAnswers();

  // Every field of every entry of every unit, as it is kept.
  const auto journal = [&machine] { return machine.Must("journalctl --boot --output=export"); };
  const std::string kept = journal();
  CHECK(kept.contains("kms.request"));
  CHECK(kept.contains("auth.login"));
  e2e::CheckSilent("the journal", kept);
  // What is in it is found.
  machine.Must("echo " + std::string(kPlaintext) + " | systemd-cat && journalctl --sync");
  e2e::LeakSearch search;
  search.Plant("plaintext", kPlaintext);
  CHECK(search.In("the journal", journal()).size() == 1);
}

}  // namespace
}  // namespace baokms::systemd_tests
