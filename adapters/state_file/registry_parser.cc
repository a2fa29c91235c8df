#include "adapters/state_file/registry_parser.h"

#include <simdjson.h>

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>

namespace baokms::adapters::state_file {
namespace {

using core::CheckpointDocument;
using core::RegistryDocument;
using core::SnapshotRecord;
using ports::StateProblem;
using ports::StateProblemKind;
using simdjson::dom::element;

enum class Fault : std::uint8_t { kNone, kJson, kNoObject, kUnknown, kDuplicate, kMissing, kType };

// One field of an object of the documents: where its value goes.
template <typename Target>
struct Field {
  std::string_view name;
  bool required;
  bool (*read)(element value, Target& target);
};

bool ReadText(element value, std::string& out) {
  std::string_view text;
  if (value.get_string().get(text) != simdjson::SUCCESS) return false;
  out = text;
  return true;
}

// Integers only: 1.0, 1e3 and numbers beyond 64 bits are other types to Go, and so to us.
bool ReadInteger(element value, std::int64_t& out) {
  return value.is<std::int64_t>() && value.get_int64().get(out) == simdjson::SUCCESS;
}

template <typename Target, auto kMember>
bool ReadInto(element value, Target& target) {
  auto& member = target.*kMember;
  using Member = std::remove_reference_t<decltype(member)>;
  if constexpr (std::is_same_v<Member, std::int64_t>) {
    return ReadInteger(value, member);
  } else if constexpr (std::is_same_v<Member, std::optional<std::string>>) {
    return ReadText(value, member.emplace());
  } else {
    return ReadText(value, member);
  }
}

template <typename Target, std::size_t kCount>
Fault ReadObject(element value, std::span<const Field<Target>, kCount> fields, Target& target) {
  simdjson::dom::object object;
  if (value.get_object().get(object) != simdjson::SUCCESS) return Fault::kNoObject;
  std::array<bool, kCount> seen{};
  for (const auto entry : object) {
    std::size_t at = 0;
    while (at < kCount && fields[at].name != entry.key) ++at;
    if (at == kCount) return Fault::kUnknown;
    if (std::exchange(seen[at], true)) return Fault::kDuplicate;
    if (!fields[at].read(entry.value, target)) return Fault::kType;
  }
  for (std::size_t at = 0; at < kCount; ++at) {
    if (fields[at].required && !seen[at]) return Fault::kMissing;
  }
  return Fault::kNone;
}

// A record of snapshots[].
using R = SnapshotRecord;
constexpr std::array kRecordFields{
    Field<R>{"providerName", true, &ReadInto<R, &R::provider_name>},
    Field<R>{"clusterId", true, &ReadInto<R, &R::cluster_id>},
    Field<R>{"openbaoInstanceId", true, &ReadInto<R, &R::openbao_instance_id>},
    Field<R>{"openbaoNamespace", false, &ReadInto<R, &R::openbao_namespace>},
    Field<R>{"transitMountId", true, &ReadInto<R, &R::transit_mount_id>},
    Field<R>{"transitKeyLineageId", true, &ReadInto<R, &R::transit_key_lineage_id>},
    Field<R>{"transitVersion", true, &ReadInto<R, &R::transit_version>},
    Field<R>{"transitVersionCreatedAtUnix", true, &ReadInto<R, &R::transit_version_created_at>},
    Field<R>{"kubernetesKeyId", true, &ReadInto<R, &R::kubernetes_key_id>},
    Field<R>{"state", true, &ReadInto<R, &R::state>},
    Field<R>{"aadMode", true, &ReadInto<R, &R::aad_mode>},
    Field<R>{"observedAtUnix", false, &ReadInto<R, &R::observed_at>},
    Field<R>{"stableObservationCount", false, &ReadInto<R, &R::stable_observation_count>},
    Field<R>{"stableAtUnix", false, &ReadInto<R, &R::stable_at>},
    Field<R>{"promotedAtUnix", false, &ReadInto<R, &R::promoted_at>},
};

// Records carry their own fault out, so that a duplicate inside one is not called a wrong type.
struct RegistryTarget {
  RegistryDocument document;
  std::optional<std::string> identity_fingerprint;
  Fault record_fault = Fault::kNone;
};

template <auto kMember>
bool ReadDocument(element value, RegistryTarget& target) {
  return ReadInto<RegistryDocument, kMember>(value, target.document);
}

bool ReadFingerprint(element value, RegistryTarget& target) {
  return ReadText(value, target.identity_fingerprint.emplace());
}

bool ReadSnapshots(element value, RegistryTarget& target) {
  simdjson::dom::array records;
  if (value.get_array().get(records) != simdjson::SUCCESS) return false;
  for (const element entry : records) {
    SnapshotRecord& record = target.document.snapshots.emplace_back();
    target.record_fault = ReadObject(entry, std::span(kRecordFields), record);
    if (target.record_fault != Fault::kNone) return true;
  }
  return true;
}

using D = RegistryDocument;
using T = RegistryTarget;
constexpr std::array kRegistryFields{
    Field<T>{"schemaVersion", true, &ReadDocument<&D::schema_version>},
    Field<T>{"identityFingerprint", false, &ReadFingerprint},
    Field<T>{"generation", true, &ReadDocument<&D::generation>},
    Field<T>{"previousHash", false, &ReadDocument<&D::previous_hash>},
    Field<T>{"currentHash", true, &ReadDocument<&D::current_hash>},
    Field<T>{"activeKeyId", true, &ReadDocument<&D::active_key_id>},
    Field<T>{"snapshots", true, &ReadSnapshots},
};

using C = CheckpointDocument;
constexpr std::array kCheckpointFields{
    Field<C>{"schemaVersion", true, &ReadInto<C, &C::schema_version>},
    Field<C>{"generation", true, &ReadInto<C, &C::generation>},
    Field<C>{"currentHash", true, &ReadInto<C, &C::current_hash>},
};

// What to do is the same for every fault of form: the file was not written by a provider.
#define BAOKMS_RESTORE \
  "; restore the state file and its checkpoint together from this node's backup"
StateProblem RegistryFault(Fault fault) {
  std::string_view text;
  switch (fault) {
    case Fault::kNone:
    case Fault::kJson:
      text = "the state file is not a single JSON document" BAOKMS_RESTORE;
      break;
    case Fault::kNoObject:
      text = "the state file has a non-object value where an object is required" BAOKMS_RESTORE;
      break;
    case Fault::kUnknown:
      text = "the state file has an unknown field" BAOKMS_RESTORE;
      break;
    case Fault::kDuplicate:
      text = "the state file has a duplicate field" BAOKMS_RESTORE;
      break;
    case Fault::kMissing:
      text = "the state file lacks a required field" BAOKMS_RESTORE;
      break;
    case Fault::kType:
      text = "the state file has a field of the wrong JSON type" BAOKMS_RESTORE;
      break;
  }
  return {.kind = StateProblemKind::kMalformed, .text = text};
}

StateProblem CheckpointFault(Fault fault) {
  std::string_view text;
  switch (fault) {
    case Fault::kNone:
    case Fault::kJson:
      text = "the checkpoint is not a single JSON document" BAOKMS_RESTORE;
      break;
    case Fault::kNoObject:
      text = "the checkpoint is not a JSON object" BAOKMS_RESTORE;
      break;
    case Fault::kUnknown:
      text = "the checkpoint has an unknown field" BAOKMS_RESTORE;
      break;
    case Fault::kDuplicate:
      text = "the checkpoint has a duplicate field" BAOKMS_RESTORE;
      break;
    case Fault::kMissing:
      text = "the checkpoint lacks a required field" BAOKMS_RESTORE;
      break;
    case Fault::kType:
      text = "the checkpoint has a field of the wrong JSON type" BAOKMS_RESTORE;
      break;
  }
  return {.kind = StateProblemKind::kMalformed, .text = text};
}
#undef BAOKMS_RESTORE

struct Parsed {
  simdjson::dom::parser parser;
  element root;
};

// dom, not ondemand: it reads the whole text, so cut and trailing content cannot pass. A byte order
// mark is refused here, whatever the library's version does with it.
bool Parse(std::string_view text, Parsed& parsed) {
  if (text.starts_with("\xEF\xBB\xBF")) return false;
  const simdjson::padded_string padded(text);
  return parsed.parser.parse(padded).get(parsed.root) == simdjson::SUCCESS;
}

// The schema decides which fields are known, and may stand anywhere: found before the others.
std::expected<std::string_view, Fault> FindSchema(element root) {
  simdjson::dom::object object;
  if (root.get_object().get(object) != simdjson::SUCCESS) return std::unexpected(Fault::kNoObject);
  std::optional<std::string_view> schema;
  for (const auto entry : object) {
    if (entry.key != "schemaVersion") continue;
    if (schema) return std::unexpected(Fault::kDuplicate);
    std::string_view text;
    if (entry.value.get_string().get(text) != simdjson::SUCCESS) {
      return std::unexpected(Fault::kType);
    }
    schema = text;
  }
  if (!schema) return std::unexpected(Fault::kMissing);
  return *schema;
}

}  // namespace

std::expected<RegistryDocument, StateProblem> ParseRegistry(std::string_view text) {
  Parsed parsed;
  if (!Parse(text, parsed)) return std::unexpected(RegistryFault(Fault::kJson));
  const auto schema = FindSchema(parsed.root);
  if (!schema) return std::unexpected(RegistryFault(schema.error()));
  const bool older = *schema == kOlderRegistrySchema;
  if (!older && *schema != kRegistrySchema) {
    RegistryDocument unknown;
    unknown.schema_version = *schema;
    return unknown;
  }

  RegistryTarget target;
  Fault fault = ReadObject(parsed.root, std::span(kRegistryFields), target);
  if (target.record_fault != Fault::kNone) fault = target.record_fault;
  if (fault == Fault::kNone && older && target.identity_fingerprint) fault = Fault::kUnknown;
  if (fault == Fault::kNone && !older && !target.identity_fingerprint) fault = Fault::kMissing;
  if (fault != Fault::kNone) return std::unexpected(RegistryFault(fault));
  target.document.identity_fingerprint = std::move(target.identity_fingerprint).value_or("");
  return std::move(target.document);
}

std::expected<CheckpointDocument, StateProblem> ParseCheckpoint(std::string_view text) {
  Parsed parsed;
  if (!Parse(text, parsed)) return std::unexpected(CheckpointFault(Fault::kJson));
  const auto schema = FindSchema(parsed.root);
  if (!schema) return std::unexpected(CheckpointFault(schema.error()));
  CheckpointDocument document;
  if (*schema != kCheckpointSchema) {
    document.schema_version = *schema;
    return document;
  }
  const Fault fault = ReadObject(parsed.root, std::span(kCheckpointFields), document);
  if (fault != Fault::kNone) return std::unexpected(CheckpointFault(fault));
  return document;
}

}  // namespace baokms::adapters::state_file
