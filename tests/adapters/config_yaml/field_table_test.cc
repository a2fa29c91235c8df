#include "adapters/config_yaml/field_table.h"

#include <doctest/doctest.h>

#include <map>
#include <set>
#include <string>

#include "adapters/config_yaml/decode.h"
#include "adapters/config_yaml/field_value.h"

namespace {

using namespace baokms::adapters::config_yaml;
namespace core = baokms::core;

// A value other than the default for each type, as YAML and as RenderValue shows it.
std::string OtherValue(const Field& field) {
  if (std::holds_alternative<BooleanSlot>(field.slot)) {
    return field.default_value == "true" ? "false" : "true";
  }
  if (std::holds_alternative<IntegerSlot>(field.slot)) return "7";
  if (std::holds_alternative<DurationSlot>(field.slot)) return "7s";
  if (std::holds_alternative<OctalModeSlot>(field.slot)) return "0640";
  if (std::holds_alternative<TextListSlot>(field.slot)) return "[one, two]";
  if (std::holds_alternative<IdListSlot>(field.slot)) return "[1, 2]";
  if (std::holds_alternative<WordSlot>(field.slot)) return std::string(Words(field).back());
  return "text-of-" + std::string(LastPart(field.name));
}

std::string AsYaml(const Field& field) {
  std::string text;
  std::string indent;
  for (std::string_view rest = field.name;;) {
    const std::size_t dot = rest.find('.');
    text += indent + std::string(rest.substr(0, dot)) + ":";
    if (dot == std::string_view::npos) break;
    text += "\n";
    indent += "  ";
    rest.remove_prefix(dot + 1);
  }
  const std::string value = OtherValue(field);
  const bool quoted = std::holds_alternative<OctalModeSlot>(field.slot);
  return text + " " + (quoted ? "\"" + value + "\"" : value) + "\n";
}

TEST_CASE("Field table: each field is stored in its own place and nowhere else") {
  for (const Field& field : Fields()) {
    CAPTURE(std::string(field.name));
    const Draft draft = DecodeDocument(AsYaml(field));
    REQUIRE(draft.problems.empty());
    CHECK(RenderValue(field, draft.value) == OtherValue(field));
    const Draft untouched = DecodeDocument("{}");
    for (const Field& other : Fields()) {
      if (other.name == field.name) continue;
      CHECK_MESSAGE(RenderValue(other, draft.value) == RenderValue(other, untouched.value),
                    std::string(other.name));
    }
  }
}

TEST_CASE("Field table: every default is readable and every field described") {
  std::set<std::string_view> names;
  for (const Field& field : Fields()) {
    CAPTURE(std::string(field.name));
    CHECK(names.insert(field.name).second);
    core::Configuration configuration;
    if (!field.default_value.empty()) {
      CHECK_FALSE(AssignText(field, field.default_value, configuration).has_value());
    }
    CHECK(field.description.ends_with("."));
    CHECK_FALSE(IsSection(field.name));
  }
}

TEST_CASE("Field table: exactly these fields bear the identity") {
  std::set<std::string_view> identity;
  for (const Field& field : Fields()) {
    if (field.bearing == Bearing::kIdentity) identity.insert(field.name);
  }
  CHECK(identity == std::set<std::string_view>{
                        "openbao.namespace", "openbao.instanceId", "transit.mountPath",
                        "transit.keyName", "transit.keyIdScope.providerName",
                        "transit.keyIdScope.clusterId", "transit.keyIdScope.transitMountId",
                        "transit.keyIdScope.keyLineageId"});
}

TEST_CASE("Field table: words and enumerators stand in the same order") {
  const auto chosen = [](std::string_view name, std::string_view word) {
    core::Configuration configuration;
    REQUIRE_FALSE(AssignText(*FindField(name), word, configuration).has_value());
    return configuration;
  };
  using namespace core;
  CHECK(chosen("auth.method", "jwt").auth.method == AuthMethod::kJwt);
  CHECK(chosen("auth.method", "cert").auth.method == AuthMethod::kCert);
  CHECK(chosen("auth.jwt.source", "file").auth.jwt.source == JwtSource::kFile);
  CHECK(chosen("auth.jwt.source", "oauth2").auth.jwt.source == JwtSource::kOauth2);
  CHECK(chosen("auth.jwt.source", "spiffe").auth.jwt.source == JwtSource::kSpiffe);
  CHECK(chosen("auth.cert.source", "").auth.cert.source == CertSource::kNone);
  CHECK(chosen("auth.cert.source", "pkcs11").auth.cert.source == CertSource::kPkcs11);
  CHECK(chosen("auth.cert.source", "spiffe").auth.cert.source == CertSource::kSpiffe);
  CHECK(chosen("auth.jwt.oauth2.authMethod", "client_secret_basic").auth.jwt.oauth2.auth_method ==
        ClientAuthMethod::kClientSecretBasic);
  CHECK(chosen("auth.jwt.oauth2.authMethod", "client_secret_post").auth.jwt.oauth2.auth_method ==
        ClientAuthMethod::kClientSecretPost);
  CHECK(chosen("logging.level", "debug").logging.level == LogLevel::kDebug);
  CHECK(chosen("logging.level", "info").logging.level == LogLevel::kInfo);
  CHECK(chosen("logging.level", "warn").logging.level == LogLevel::kWarn);
  CHECK(chosen("logging.level", "error").logging.level == LogLevel::kError);
  CHECK(chosen("logging.format", "json").logging.format == LogFormat::kJson);
  CHECK(chosen("logging.format", "text").logging.format == LogFormat::kText);
}

}  // namespace
