#include "adapters/config_yaml/encryption_configuration.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <utility>

#include "adapters/config_yaml/go_duration.h"
#include "adapters/config_yaml/plain_scalar.h"
#include "adapters/config_yaml/yaml_document.h"

namespace baokms::adapters::config_yaml {
namespace {

using Kind = YamlNode::Kind;

class Judge {
 public:
  Judge(const std::string& provider_name, const std::string& socket_path)
      : provider_name_(provider_name), endpoint_("unix://" + socket_path) {}

  EncryptionConfigurationVerdict Run(std::string_view yaml) && {
    YamlDocument document = ParseYaml(yaml);
    verdict_.problems = std::move(document.problems);
    for (ConfigProblem& problem : verdict_.problems) {
      if (problem.field == "config") problem.field = "document";
    }
    if (document.root) CheckRoot(*document.root);
    return std::move(verdict_);
  }

 private:
  void Complain(const std::string& place, int line, std::string message) {
    verdict_.problems.push_back({place, line, std::move(message)});
  }

  // Null where it is absent, was reported, or is of another kind, which is reported.
  const YamlNode* Field(const YamlNode& mapping, std::string_view key, Kind kind,
                        const std::string& place, bool required = true) {
    const std::string name = place.empty() ? std::string(key) : place + "." + std::string(key);
    const auto entry = std::ranges::find(mapping.entries, key, &YamlNode::Entry::key);
    if (entry == mapping.entries.end() || entry->value.kind == Kind::kNull) {
      if (required) Complain(name, mapping.line, "is missing");
      return nullptr;
    }
    if (entry->value.refused) return nullptr;
    if (entry->value.kind != kind) {
      Complain(name, entry->line,
               kind == Kind::kScalar     ? "must be a string"
               : kind == Kind::kSequence ? "must be a list"
                                         : "must be a mapping");
      return nullptr;
    }
    return &entry->value;
  }

  // A text that YAML does not read as something else.
  std::optional<std::string> Text(const YamlNode& mapping, std::string_view key,
                                  const std::string& place, bool required = true) {
    const YamlNode* node = Field(mapping, key, Kind::kScalar, place, required);
    if (node == nullptr) return std::nullopt;
    const std::string name = place.empty() ? std::string(key) : place + "." + std::string(key);
    if (node->plain && ReadPlainScalar(node->text) != ScalarReading::kText) {
      Complain(name, node->line, "must be a string: quote it");
      return std::nullopt;
    }
    if (node->text.empty()) {
      Complain(name, node->line, "must not be empty");
      return std::nullopt;
    }
    return node->text;
  }

  void AllowOnly(const YamlNode& mapping, std::initializer_list<std::string_view> keys,
                 const std::string& place) {
    for (const YamlNode::Entry& entry : mapping.entries) {
      if (std::ranges::find(keys, entry.key) != keys.end()) continue;
      Complain((place.empty() ? "" : place + ".") + ShownKey(entry.key), entry.line,
               "unknown field");
    }
  }

  void CheckRoot(const YamlNode& root) {
    AllowOnly(root, {"apiVersion", "kind", "resources"}, "");
    RequireWord(root, "apiVersion", "apiserver.config.k8s.io/v1");
    RequireWord(root, "kind", "EncryptionConfiguration");
    const YamlNode* entries = Field(root, "resources", Kind::kSequence, "");
    if (entries == nullptr) return;
    if (entries->items.empty()) Complain("resources", entries->line, "must not be empty");
    ForEachMapping(*entries, "resources", [this](const YamlNode& entry, const std::string& place) {
      CheckEntry(entry, place);
    });
    if (!ours_found_) ComplainOfOurs(*entries);
  }

  void RequireWord(const YamlNode& root, std::string_view key, std::string_view word) {
    const auto text = Text(root, key, "");
    if (text && *text != word) {
      Complain(std::string(key), root.line, "must be " + std::string(word));
    }
  }

  template <typename Check>
  void ForEachMapping(const YamlNode& list, const std::string& place, Check check) {
    for (std::size_t i = 0; i < list.items.size(); ++i) {
      const YamlNode& item = list.items[i];
      const std::string at = place + "[" + std::to_string(i) + "]";
      if (item.refused) continue;
      if (item.kind == Kind::kMapping) {
        check(item, at);
      } else {
        Complain(at, item.line, "must be a mapping");
      }
    }
  }

  void CheckEntry(const YamlNode& entry, const std::string& place) {
    AllowOnly(entry, {"resources", "providers"}, place);
    if (const YamlNode* names = Field(entry, "resources", Kind::kSequence, place)) {
      if (names->items.empty()) Complain(place + ".resources", names->line, "must not be empty");
      for (const YamlNode& name : names->items) {
        if (name.kind == Kind::kScalar && !name.text.empty()) continue;
        Complain(place + ".resources", name.line, "must list resources");
      }
    }
    const YamlNode* providers = Field(entry, "providers", Kind::kSequence, place);
    if (providers == nullptr) return;
    if (providers->items.empty()) {
      Complain(place + ".providers", providers->line, "must not be empty");
    }
    bool first = true;
    ForEachMapping(*providers, place + ".providers",
                   [&](const YamlNode& provider, const std::string& at) {
                     CheckProvider(provider, at, first);
                     first = false;
                   });
  }

  void CheckProvider(const YamlNode& provider, const std::string& place, bool first) {
    AllowOnly(provider, {"aescbc", "aesgcm", "secretbox", "identity", "kms"}, place);
    if (provider.entries.size() != 1) {
      return Complain(place, provider.line, "must have exactly one provider");
    }
    const std::string& type = provider.entries.front().key;
    const std::array known{"aescbc", "aesgcm", "secretbox", "identity", "kms"};
    if (std::ranges::find(known, type) == known.end()) return;
    const YamlNode* settings = Field(provider, type, Kind::kMapping, place);
    if (settings == nullptr) return;
    const std::string at = place + "." + type;
    if (type == "identity") {
      AllowOnly(*settings, {}, at);
      verdict_.lists_identity = true;
      verdict_.writes_plaintext = verdict_.writes_plaintext || first;
    } else if (type == "kms") {
      CheckKms(*settings, at);
    } else {
      CheckKeys(*settings, at);
    }
  }

  void CheckKeys(const YamlNode& settings, const std::string& place) {
    AllowOnly(settings, {"keys"}, place);
    const YamlNode* keys = Field(settings, "keys", Kind::kSequence, place);
    if (keys == nullptr) return;
    if (keys->items.empty()) Complain(place + ".keys", keys->line, "must not be empty");
    ForEachMapping(*keys, place + ".keys", [this](const YamlNode& key, const std::string& at) {
      AllowOnly(key, {"name", "secret"}, at);
      Text(key, "name", at);
      Text(key, "secret", at);
    });
  }

  void CheckKms(const YamlNode& kms, const std::string& place) {
    AllowOnly(kms, {"apiVersion", "name", "endpoint", "cachesize", "timeout"}, place);
    const std::string version = Text(kms, "apiVersion", place, /*required=*/false).value_or("v1");
    if (version != "v1" && version != "v2") {
      Complain(place + ".apiVersion", kms.line, "must be v1 or v2");
    }
    const auto name = Text(kms, "name", place);
    const auto endpoint = Text(kms, "endpoint", place);
    if (endpoint && !endpoint->starts_with("unix:///")) {
      Complain(place + ".endpoint", kms.line, "must be unix:// followed by an absolute path");
    }
    CheckCacheSize(kms, place, version);
    if (const auto timeout = Text(kms, "timeout", place, /*required=*/false)) {
      const auto duration = ParseGoDuration(*timeout);
      if (!duration || *duration <= std::chrono::nanoseconds(0)) {
        Complain(place + ".timeout", kms.line, "must be a duration above 0s");
      }
    }
    NoteOurs(version, name, endpoint, place, kms.line);
  }

  void CheckCacheSize(const YamlNode& kms, const std::string& place, const std::string& version) {
    const YamlNode* size = Field(kms, "cachesize", Kind::kScalar, place, /*required=*/false);
    if (size == nullptr) return;
    if (version == "v2") {
      return Complain(place + ".cachesize", size->line, "is not allowed with apiVersion v2");
    }
    std::int32_t number = 0;
    const char* end = size->text.data() + size->text.size();
    const auto [stopped, error] = std::from_chars(size->text.data(), end, number);
    if (!size->plain || error != std::errc{} || stopped != end || number == 0) {
      Complain(place + ".cachesize", size->line, "must be a whole number other than 0");
    }
  }

  // What is nearly ours says best what is wrong.
  void NoteOurs(const std::string& version, const std::optional<std::string>& name,
                const std::optional<std::string>& endpoint, const std::string& place, int line) {
    const bool named = name == provider_name_;
    const bool reached = endpoint == endpoint_;
    if (named && reached && version == "v2") {
      ours_found_ = true;
    } else if (named && reached) {
      nearly_ = {place + ".apiVersion", line, "must be v2 for this provider"};
    } else if (named) {
      nearly_ = {place + ".endpoint", line,
                 "must be unix:// followed by this provider's server.socketPath"};
    } else if (reached) {
      nearly_ = {place + ".name", line, "must be this provider's transit.keyIdScope.providerName"};
    }
  }

  void ComplainOfOurs(const YamlNode& entries) {
    if (nearly_) {
      verdict_.problems.push_back(*nearly_);
    } else {
      Complain("resources", entries.line,
               "no kms entry is for this provider: add one with apiVersion v2, "
               "transit.keyIdScope.providerName as its name and server.socketPath as its endpoint");
    }
  }

  const std::string& provider_name_;
  const std::string endpoint_;
  EncryptionConfigurationVerdict verdict_;
  bool ours_found_ = false;
  std::optional<ConfigProblem> nearly_;
};

}  // namespace

EncryptionConfigurationVerdict JudgeEncryptionConfiguration(std::string_view yaml,
                                                            const std::string& provider_name,
                                                            const std::string& socket_path) {
  return Judge(provider_name, socket_path).Run(yaml);
}

}  // namespace baokms::adapters::config_yaml
