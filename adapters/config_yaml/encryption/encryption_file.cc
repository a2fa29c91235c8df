#include "adapters/config_yaml/encryption/encryption_file.h"

#include <algorithm>
#include <initializer_list>
#include <limits>
#include <utility>

#include "adapters/config_yaml/encryption/go_value.h"
#include "adapters/config_yaml/encryption/json_values.h"
#include "adapters/config_yaml/encryption/yaml_values.h"
#include "adapters/config_yaml/go_duration.h"
#include "adapters/config_yaml/yaml_document.h"

namespace baokms::adapters::config_yaml {
namespace {

using Kind = GoValue::Kind;

std::string Within(const Place& place, std::string_view key) {
  return place.field.empty() ? std::string(key) : place.field + "." + std::string(key);
}

class Decoder {
 public:
  explicit Decoder(EncryptionFile& file) : file_(file) {}

  void Decode(const GoValue& root) {
    if (root.kind != Kind::kMapping) {
      return Complain({"document", root.line}, "must be a mapping with apiVersion and kind");
    }
    if (!IsOfOurKind(root)) return;
    AllowOnly(root, {"apiVersion", "kind", "resources"}, {});
    file_.resources = List<ResourceEntry>(
        root, "resources", {}, [this](const GoValue& value, const Place& place) {
          AllowOnly(value, {"resources", "providers"}, place);
          return ResourceEntry{
              .resources = List<PlacedText>(
                  value, "resources", place,
                  [this](const GoValue& item, const Place& at) { return Text(item, at); }),
              .providers = List<ProviderEntry>(
                  value, "providers", place,
                  [this](const GoValue& item, const Place& at) { return Provider(item, at); })};
        });
    file_.decoded = true;
  }

 private:
  void Complain(const Place& place, std::string message) {
    file_.problems.push_back({place.field, place.line, std::move(message)});
  }

  static const GoValue::Entry* Find(const GoValue& mapping, std::string_view key) {
    const auto entry = std::ranges::find(mapping.entries, key, &GoValue::Entry::key);
    return entry == mapping.entries.end() ? nullptr : &*entry;
  }

  static Place PlaceOf(const GoValue& mapping, std::string_view key, const Place& parent) {
    const GoValue::Entry* entry = Find(mapping, key);
    return {Within(parent, key), entry == nullptr ? parent.line : entry->line};
  }

  // An explicit null counts as absent.
  static const GoValue* Value(const GoValue& mapping, std::string_view key) {
    const GoValue::Entry* entry = Find(mapping, key);
    return entry == nullptr || entry->value.kind == Kind::kNull ? nullptr : &entry->value;
  }

  // Of a value that is a mapping or, where a list has a null, nothing.
  void AllowOnly(const GoValue& mapping, std::initializer_list<std::string_view> keys,
                 const Place& place) {
    if (mapping.kind != Kind::kMapping && mapping.kind != Kind::kNull) {
      return Complain(place, "must be a mapping");
    }
    for (const GoValue::Entry& entry : mapping.entries) {
      if (std::ranges::find(keys, entry.key) != keys.end()) continue;
      Complain({Within(place, ShownKey(entry.key)), entry.line}, "unknown field");
    }
  }

  PlacedText Text(const GoValue& value, const Place& place) {
    PlacedText text{.text = value.text, .place = place};
    if (value.kind == Kind::kText || value.kind == Kind::kNull) return text;
    const bool scalar = value.kind != Kind::kList && value.kind != Kind::kMapping;
    Complain(place, scalar ? "must be a string: quote it" : "must be a string");
    text.refused = true;
    return text;
  }

  PlacedText Text(const GoValue& mapping, std::string_view key, const Place& parent) {
    const Place place = PlaceOf(mapping, key, parent);
    const GoValue* value = Value(mapping, key);
    return value == nullptr ? PlacedText{.text = {}, .place = place} : Text(*value, place);
  }

  template <typename Item, typename Each>
  PlacedList<Item> List(const GoValue& mapping, std::string_view key, const Place& parent,
                        Each each) {
    PlacedList<Item> list;
    list.place = PlaceOf(mapping, key, parent);
    const GoValue* value = Value(mapping, key);
    if (value == nullptr) return list;
    if (value->kind != Kind::kList) {
      Complain(list.place, "must be a list");
      list.refused = true;
      return list;
    }
    for (std::size_t i = 0; i < value->items.size(); ++i) {
      const GoValue& item = value->items[i];
      list.items.push_back(
          each(item, Place{list.place.field + "[" + std::to_string(i) + "]", item.line}));
    }
    return list;
  }

  // Two names of one kind: the second is that of an old page of Kubernetes.
  bool IsOfOurKind(const GoValue& root) {
    const PlacedText version = Text(root, "apiVersion", {});
    const PlacedText kind = Text(root, "kind", {});
    if (version.refused || kind.refused) return false;
    const bool legacy = version.text == "v1" || version.text == "/v1";
    if (legacy && kind.text == "EncryptionConfig") return true;
    const bool version_fits = version.text == "apiserver.config.k8s.io/v1";
    if (version_fits && kind.text == "EncryptionConfiguration") return true;
    if (version.text.empty()) Complain(version.place, "is missing");
    if (kind.text.empty()) Complain(kind.place, "is missing");
    if (version.text.empty() || kind.text.empty()) return false;
    if (!version_fits) {
      Complain(version.place, "must be apiserver.config.k8s.io/v1");
    } else {
      Complain(kind.place, "must be EncryptionConfiguration");
    }
    return false;
  }

  ProviderEntry Provider(const GoValue& value, const Place& place) {
    AllowOnly(value, {"aesgcm", "aescbc", "secretbox", "identity", "kms"}, place);
    ProviderEntry provider;
    provider.place = place;
    provider.refused = value.kind != Kind::kMapping;
    for (const GoValue::Entry& entry : value.entries) {
      for (const ProviderKind kind :
           {ProviderKind::kAesGcm, ProviderKind::kAesCbc, ProviderKind::kSecretbox,
            ProviderKind::kIdentity, ProviderKind::kKms}) {
        if (entry.key != Name(kind) || entry.value.kind == Kind::kNull) continue;
        provider.kinds.push_back(kind);
        Settings(kind, entry.value, PlaceOf(value, entry.key, place), provider);
      }
    }
    if (value.kind == Kind::kNull) provider.refused = false;
    return provider;
  }

  void Settings(ProviderKind kind, const GoValue& value, const Place& place,
                ProviderEntry& provider) {
    if (value.kind != Kind::kMapping) {
      provider.refused = true;
      return Complain(place, "must be a mapping");
    }
    if (kind == ProviderKind::kIdentity) return AllowOnly(value, {}, place);
    if (kind == ProviderKind::kKms) {
      provider.kms = Kms(value, place);
      return;
    }
    AllowOnly(value, {"keys"}, place);
    auto keys =
        List<EncryptionKey>(value, "keys", place, [this](const GoValue& item, const Place& at) {
          AllowOnly(item, {"name", "secret"}, at);
          return EncryptionKey{.name = Text(item, "name", at), .secret = Text(item, "secret", at)};
        });
    if (provider.kinds.size() == 1) provider.keys = std::move(keys);
  }

  KmsEntry Kms(const GoValue& value, const Place& place) {
    AllowOnly(value, {"apiVersion", "name", "endpoint", "cachesize", "timeout"}, place);
    KmsEntry kms{.place = place,
                 .api_version = Text(value, "apiVersion", place),
                 .name = Text(value, "name", place),
                 .endpoint = Text(value, "endpoint", place),
                 .cache_size = CacheSize(value, place),
                 .cache_size_place = PlaceOf(value, "cachesize", place),
                 .timeout = Timeout(value, place),
                 .timeout_place = PlaceOf(value, "timeout", place)};
    if (kms.api_version.text.empty()) kms.api_version.text = "v1";
    return kms;
  }

  std::optional<std::int32_t> CacheSize(const GoValue& kms, const Place& parent) {
    const GoValue* value = Value(kms, "cachesize");
    if (value == nullptr) return std::nullopt;
    if (value->kind == Kind::kWhole && std::in_range<std::int32_t>(value->whole)) {
      return static_cast<std::int32_t>(value->whole);
    }
    Complain(PlaceOf(kms, "cachesize", parent), "must be a whole number of 32 bits");
    return std::nullopt;
  }

  // Nothing where it is reported.
  std::optional<std::chrono::nanoseconds> Timeout(const GoValue& kms, const Place& parent) {
    const GoValue* value = Value(kms, "timeout");
    if (value == nullptr) return std::chrono::seconds(3);
    const Place place = PlaceOf(kms, "timeout", parent);
    const PlacedText text = Text(*value, place);
    if (text.refused) return std::nullopt;
    if (text.text == "0" || text.text == "-0" || text.text == "+0") return std::chrono::seconds(0);
    const auto duration = ParseGoDuration(text.text);
    if (!duration) Complain(place, "must be a duration such as 3s");
    return duration;
  }

  EncryptionFile& file_;
};

}  // namespace

std::string_view Name(ProviderKind kind) {
  switch (kind) {
    case ProviderKind::kAesGcm:
      return "aesgcm";
    case ProviderKind::kAesCbc:
      return "aescbc";
    case ProviderKind::kSecretbox:
      return "secretbox";
    case ProviderKind::kIdentity:
      return "identity";
    case ProviderKind::kKms:
      return "kms";
  }
  return "identity";
}

EncryptionFile ReadEncryptionFile(std::string_view text) {
  EncryptionFile file;
  if (text.size() > kMaxDocumentBytes) {
    file.problems.push_back({"document", 0, "the file is larger than 1 MiB"});
    return file;
  }
  FileValues values;
  if (IsJson(text)) {
    values = ReadJsonValues(text);
    file.doubts = DoubtsAboutJson(text);
  } else {
    if (auto problem = BadYamlText(text)) {
      file.problems.push_back(*std::move(problem));
      return file;
    }
    file.doubts = DoubtsAboutYaml(text);
    values = ReadYamlValues(PlainLines(text));
  }
  file.problems = std::move(values.problems);
  file.more_follows = values.more_follows;
  if (values.root) Decoder(file).Decode(*values.root);
  return file;
}

}  // namespace baokms::adapters::config_yaml
