#include "adapters/config_yaml/json_schema.h"

#include <nlohmann/json.hpp>

#include "adapters/config_yaml/field_table.h"
#include "adapters/config_yaml/field_value.h"

namespace baokms::adapters::config_yaml {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kDurationPattern =
    "^[+-]?(([0-9]+(\\.[0-9]*)?|\\.[0-9]+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h))+$";

// Only rules that a pattern says exactly as the program does, or more loosely.
const char* PatternOf(TextRule rule) {
  switch (rule) {
    case TextRule::kAbsolutePath:
    case TextRule::kCleanPath:
    case TextRule::kSocketPath:
      return "^(/.*)?$";
    case TextRule::kMountPath:
    case TextRule::kNamespace:
      return "^([^/]+(/[^/]+)*)?$";
    case TextRule::kAuthMountPath:
      return "^(auth(/[^/]+)+)?$";
    case TextRule::kKeyName:
      return "^([A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?)?$";
    case TextRule::kListenAddress:
      return "^(.*:[0-9]+)?$";
    case TextRule::kHttpsAddress:
      return "^([Hh][Tt][Tt][Pp][Ss]://[^/?#@]+(/[^?#]*)?)?$";
    case TextRule::kTokenUrl:
      return "^([Hh][Tt][Tt][Pp][Ss]://[^/?#@]+([/?][^#]*)?)?$";
    case TextRule::kProxyUrl:
      return "^([Hh][Tt][Tt][Pp]://[^/?#@]+:[0-9]+)?$";
    case TextRule::kResourceUri:
      return "^[A-Za-z][A-Za-z0-9+.-]*:[^#]+$";
    case TextRule::kScopeToken:
      return "^[\\x21\\x23-\\x5B\\x5D-\\x7E]+$";
    case TextRule::kTrustDomain:
      return "^[a-z0-9._-]*$";
    case TextRule::kSpiffeId:
      return "^(spiffe://[a-z0-9._-]+/.+)?$";
    case TextRule::kWorkloadSocket:
      return "^(unix:///.+)?$";
    case TextRule::kIdentifier:
    case TextRule::kServerName:
    case TextRule::kGroup:
      return nullptr;
  }
  return nullptr;
}

Json TextSchema(const Field& field) {
  Json schema{{"type", "string"}};
  if (const char* pattern = PatternOf(field.rule)) schema["pattern"] = pattern;
  return schema;
}

Json TypeSchema(const Field& field) {
  if (field.name == "configVersion") return {{"const", field.default_value}};
  if (std::holds_alternative<BooleanSlot>(field.slot)) return {{"type", "boolean"}};
  if (std::holds_alternative<IntegerSlot>(field.slot)) {
    Json schema{{"type", "integer"}, {"minimum", field.least}};
    if (field.most != INT64_MAX) schema["maximum"] = field.most;
    return schema;
  }
  if (std::holds_alternative<DurationSlot>(field.slot)) {
    return {{"type", "string"}, {"pattern", kDurationPattern}};
  }
  if (std::holds_alternative<OctalModeSlot>(field.slot)) {
    return {{"type", "string"}, {"pattern", "^0*[0246]?[0246]?0$"}};
  }
  if (std::holds_alternative<IdListSlot>(field.slot)) {
    return {{"type", "array"},
            {"items", {{"type", "integer"}, {"minimum", 0}, {"maximum", UINT32_MAX - 1}}}};
  }
  if (std::holds_alternative<TextListSlot>(field.slot)) {
    Json items = TextSchema(field);
    items["minLength"] = 1;
    return {{"type", "array"}, {"items", std::move(items)}};
  }
  if (std::holds_alternative<WordSlot>(field.slot)) {
    Json words = Json::array();
    for (const std::string_view word : Words(field)) words.push_back(word);
    return {{"enum", std::move(words)}};
  }
  Json schema = TextSchema(field);
  if (field.most != INT64_MAX) schema["maxLength"] = field.most;
  return schema;
}

Json DefaultOf(const Field& field) {
  if (std::holds_alternative<BooleanSlot>(field.slot)) return field.default_value == "true";
  if (std::holds_alternative<IntegerSlot>(field.slot)) {
    return std::stoll(std::string(field.default_value));
  }
  return field.default_value;
}

Json FieldSchema(const Field& field) {
  Json schema = TypeSchema(field);
  std::string text(field.description);
  if (field.bearing == Bearing::kIdentity) text += " Immutable once data is encrypted.";
  schema["description"] = std::move(text);
  if (!field.default_value.empty()) schema["default"] = DefaultOf(field);
  return schema;
}

Json Section() {
  // An empty section is null in YAML.
  return {{"type", Json::array({"object", "null"})},
          {"additionalProperties", false},
          {"properties", Json::object()}};
}

Json& SectionOf(Json& root, std::string_view name) {
  Json* section = &root;
  while (true) {
    const std::size_t dot = name.find('.');
    if (dot == std::string_view::npos) return *section;
    Json& properties = (*section)["properties"];
    const std::string part(name.substr(0, dot));
    if (!properties.contains(part)) properties[part] = Section();
    section = &properties[part];
    name.remove_prefix(dot + 1);
  }
}

// {"auth": {"jwt": {"role": leaf}}} as required, nested object schemas.
void Require(Json& schema, std::string_view name, const Json& leaf) {
  Json* at = &schema;
  while (true) {
    const std::size_t dot = name.find('.');
    const std::string part(name.substr(0, dot));
    (*at)["type"] = "object";
    Json& required = (*at)["required"];
    if (std::find(required.begin(), required.end(), part) == required.end()) {
      required.push_back(part);
    }
    Json& child = (*at)["properties"][part];
    if (dot == std::string_view::npos) {
      child.update(leaf);
      return;
    }
    at = &child;
    name.remove_prefix(dot + 1);
  }
}

bool NeedsWriting(const Field& field) {
  return field.need == Need::kRequired && field.default_value.empty();
}

Json NonEmpty(const Field& field) {
  if (std::holds_alternative<IntegerSlot>(field.slot)) return {{"minimum", field.least}};
  return {{"minLength", 1}};
}

// "auth.method is `word`", where absence means the default.
Json Chosen(std::string_view name, std::string_view word) {
  const Field& field = *FindField(name);
  Json is;
  Require(is, name, {{"const", word}});
  if (field.default_value != word) return is;
  Json set;
  Require(set, name, Json::object());
  return {{"anyOf", Json::array({is, {{"not", set}}})}};
}

Json Condition(Branch branch) {
  const auto both = [](Json a, Json b) {
    return Json{{"allOf", Json::array({std::move(a), std::move(b)})}};
  };
  const auto jwt = [] { return Chosen("auth.method", "jwt"); };
  const auto cert = [] { return Chosen("auth.method", "cert"); };
  switch (branch) {
    case Branch::kAlways:
      return true;
    case Branch::kJwt:
      return jwt();
    case Branch::kJwtFile:
      return both(jwt(), Chosen("auth.jwt.source", "file"));
    case Branch::kJwtOauth2:
      return both(jwt(), Chosen("auth.jwt.source", "oauth2"));
    case Branch::kJwtSpiffe:
      return both(jwt(), Chosen("auth.jwt.source", "spiffe"));
    case Branch::kCert:
      return cert();
    case Branch::kCertPkcs11:
      return both(cert(), Chosen("auth.cert.source", "pkcs11"));
    case Branch::kCertSpiffe:
      return both(cert(), Chosen("auth.cert.source", "spiffe"));
  }
  return true;
}

}  // namespace

std::string ConfigSchema() {
  Json schema{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
              {"title", "bao-kms-provider configuration, v1alpha1"},
              {"type", "object"},
              {"additionalProperties", false},
              {"properties", Json::object()}};
  for (const Field& field : Fields()) {
    SectionOf(schema, field.name)["properties"][std::string(LastPart(field.name))] =
        FieldSchema(field);
  }
  Json always;
  Require(always, "configVersion", Json::object());
  Json conditions = Json::array();
  for (const Branch branch :
       {Branch::kAlways, Branch::kJwt, Branch::kJwtFile, Branch::kJwtOauth2, Branch::kJwtSpiffe,
        Branch::kCert, Branch::kCertPkcs11, Branch::kCertSpiffe}) {
    Json then;
    for (const Field& field : Fields()) {
      if (field.branch == branch && NeedsWriting(field)) {
        Require(branch == Branch::kAlways ? always : then, field.name, NonEmpty(field));
      }
    }
    if (branch == Branch::kCertPkcs11) {
      for (const char* name : {"auth.cert.pkcs11.tokenLabel", "auth.cert.pkcs11.tokenSerial"}) {
        Json either;
        Require(either, name, NonEmpty(*FindField(name)));
        then["anyOf"].push_back(std::move(either));
      }
    }
    if (branch != Branch::kAlways) {
      conditions.push_back({{"if", Condition(branch)}, {"then", std::move(then)}});
    }
  }
  conditions.insert(conditions.begin(), std::move(always));
  schema["allOf"] = std::move(conditions);
  return schema.dump(2) + "\n";
}

}  // namespace baokms::adapters::config_yaml
