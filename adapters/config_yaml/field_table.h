// Every field of the configuration, once: parsing, defaults, validation, the JSON Schema, the
// `config` report and docs/reference all read this table (configuration-and-cli.md, "File").
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/model/configuration.h"

namespace baokms::adapters::config_yaml {

// Where a field's value lives; the alternative is the field's type in YAML.
using TextSlot = std::string& (*)(core::Configuration&);
using OctalModeSlot = std::uint32_t& (*)(core::Configuration&);
using IntegerSlot = std::int64_t& (*)(core::Configuration&);
using BooleanSlot = bool& (*)(core::Configuration&);
using DurationSlot = std::chrono::nanoseconds& (*)(core::Configuration&);
using TextListSlot = std::vector<std::string>& (*)(core::Configuration&);
using IdListSlot = std::vector<std::uint32_t>& (*)(core::Configuration&);
// An enumeration; values are positions in Field::words.
struct WordSlot {
  void (*assign)(core::Configuration&, std::size_t);
  std::size_t (*read)(const core::Configuration&);
};
using Slot = std::variant<TextSlot, OctalModeSlot, IntegerSlot, BooleanSlot, DurationSlot,
                          TextListSlot, IdListSlot, WordSlot>;

// The choice under which a field counts. Outside it its value is parsed, but neither required nor
// judged.
enum class Branch : std::uint8_t {
  kAlways,
  kJwt,
  kJwtFile,
  kJwtOauth2,
  kJwtSpiffe,
  kCert,
  kCertPkcs11,
  kCertSpiffe,
};

// What a text, or every entry of a list, must look like (text_rules.h, url.h).
enum class TextRule : std::uint8_t {
  kIdentifier,
  kAbsolutePath,
  kCleanPath,
  kSocketPath,
  kMountPath,
  kAuthMountPath,
  kNamespace,
  kKeyName,
  kServerName,
  kListenAddress,
  kGroup,
  kHttpsAddress,
  kTokenUrl,
  kProxyUrl,
  kResourceUri,
  kScopeToken,
  kTrustDomain,
  kSpiffeId,
  kWorkloadSocket,
};

enum class Need : std::uint8_t { kOptional, kRequired };
// Identity-bearing: immutable once data is encrypted.
enum class Bearing : std::uint8_t { kNone, kIdentity };

struct Field {
  std::string_view name;  // dotted
  Slot slot;
  std::string_view default_value{};  // as it would be written; empty: empty, or no entries
  Branch branch = Branch::kAlways;
  Need need = Need::kOptional;
  Bearing bearing = Bearing::kNone;
  TextRule rule = TextRule::kIdentifier;
  std::string_view words{};  // enumerations: "jwt|cert"; a leading "|" is the unset value
  std::int64_t least = 0;    // integers: smallest; durations: 0, or 1 for "above zero"
  std::int64_t most =
      INT64_MAX;  // integers: largest; durations: nanoseconds, in every row; texts: bytes
  std::string_view description;
};

std::span<const Field> Fields();
const Field* FindField(std::string_view name);
// Sections are the names that fields stand below: "auth.jwt".
bool IsSection(std::string_view name);
// "mountPath" of "auth.jwt.mountPath".
std::string_view LastPart(std::string_view name);

std::vector<std::string_view> Words(const Field& field);
// The rule in words, for the reference and for messages: "1..1024", "above 0s", "debug, info, ...".
std::string DescribeRule(const Field& field);
std::string_view DescribeBranch(Branch branch);
std::string_view DescribeType(const Field& field);

bool BranchHolds(Branch branch, const core::Configuration& configuration);

}  // namespace baokms::adapters::config_yaml
