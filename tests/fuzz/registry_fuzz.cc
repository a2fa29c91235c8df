// The state file: what is read, written and read again is the same; what verifies is its own proof.
#include <cstdint>

#include "adapters/state_file/registry_parser.h"
#include "core/registry/registry_json.h"
#include "tests/fuzz/identity.h"
#include "tests/fuzz/require.h"

namespace {

using namespace baokms;
using adapters::state_file::ParseCheckpoint;
using adapters::state_file::ParseRegistry;
using fuzz::Require;

void CheckRegistry(std::string_view text) {
  const auto document = ParseRegistry(text);
  if (!document) {
    Require(document.error().kind == ports::StateProblemKind::kMalformed, "refused as malformed");
    return;
  }
  const auto verified = core::Registry::Verify(*document, fuzz::Identity());
  if (document->schema_version != core::kRegistrySchema) {
    Require(!verified, "another schema never verifies");
    return;
  }
  const auto again = ParseRegistry(core::RegistryBytes(*document));
  Require(again.has_value(), "what was read can be written and read");
  Require(*again == *document, "what was read is what is written");
  if (!verified) return;
  Require(verified->ToDocument() == *document, "a verified registry is its document");
  Require(core::RegistryHash(*document) == document->current_hash, "the hash is that of the rest");
  Require(verified->active().decrypts(), "the active version decrypts");
}

void CheckCheckpoint(std::string_view text) {
  const auto document = ParseCheckpoint(text);
  if (!document || document->schema_version != core::kCheckpointSchema) return;
  const auto again = ParseCheckpoint(core::CheckpointBytes(*document));
  Require(again.has_value() && *again == *document, "a checkpoint read is a checkpoint written");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::AsText(data, size);
  CheckRegistry(text);
  CheckCheckpoint(text);
  return 0;
}
