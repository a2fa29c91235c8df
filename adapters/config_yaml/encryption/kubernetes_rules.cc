#include "adapters/config_yaml/encryption/kubernetes_rules.h"

#include <algorithm>
#include <chrono>
#include <initializer_list>
#include <set>
#include <utility>

#include "adapters/config_yaml/encryption/endpoint_url.h"
#include "adapters/config_yaml/encryption/go_base64.h"
#include "adapters/config_yaml/encryption/resource_rules.h"

namespace baokms::adapters::config_yaml {
namespace {

class Rules {
 public:
  KubernetesVerdict Judge(const EncryptionFile& file) && {
    RequireItems(file.resources);
    for (const ResourceEntry& entry : file.resources.items) {
      RequireItems(entry.resources);
      JudgeResourceNames(entry.resources, verdict_);
      RequireItems(entry.providers);
      for (const ProviderEntry& provider : entry.providers.items) JudgeProvider(provider);
    }
    JudgeMasks(file, verdict_);
    return std::move(verdict_);
  }

 private:
  void Complain(const Place& place, std::string message) {
    verdict_.problems.push_back({place.field, place.line, std::move(message)});
  }

  template <typename Item>
  void RequireItems(const PlacedList<Item>& list) {
    if (list.items.empty() && !list.refused) Complain(list.place, "must not be missing or empty");
  }

  void Require(const PlacedText& text) {
    if (text.text.empty() && !text.refused) Complain(text.place, "must not be missing or empty");
  }

  void JudgeProvider(const ProviderEntry& provider) {
    if (provider.refused) return;
    if (provider.kinds.size() != 1) {
      return Complain(provider.place, "must have exactly one provider");
    }
    switch (provider.kinds.front()) {
      case ProviderKind::kIdentity:
        return;
      case ProviderKind::kKms:
        return JudgeKms(provider.kms);
      case ProviderKind::kAesGcm:
      case ProviderKind::kAesCbc:
        return JudgeKeys(provider.keys, {16, 24, 32});
      case ProviderKind::kSecretbox:
        return JudgeKeys(provider.keys, {32});
    }
  }

  void JudgeKeys(const PlacedList<EncryptionKey>& keys, std::initializer_list<std::size_t> sizes) {
    RequireItems(keys);
    for (const EncryptionKey& key : keys.items) {
      Require(key.name);
      Require(key.secret);
      if (key.secret.text.empty()) continue;
      const auto bytes = GoBase64Decode(key.secret.text);
      if (!bytes) {
        Complain(key.secret.place, "must be base64");
      } else if (std::ranges::find(sizes, bytes->size()) == sizes.end()) {
        Complain(key.secret.place, sizes.size() == 1 ? "must be base64 of 32 bytes"
                                                     : "must be base64 of 16, 24 or 32 bytes");
      }
    }
  }

  void JudgeKms(const KmsEntry& kms) {
    const std::string& version = kms.api_version.text;
    const bool first_version = version == "v1";
    if (!first_version && version != "v2" && !kms.api_version.refused) {
      Complain(kms.api_version.place, "must be v1 or v2");
    }
    JudgeName(kms, first_version);
    if (kms.timeout && *kms.timeout <= std::chrono::nanoseconds(0)) {
      Complain(kms.timeout_place, "must be a duration above 0s");
    }
    JudgeEndpoint(kms.endpoint);
    if (!first_version && kms.cache_size) {
      Complain(kms.cache_size_place, "is not allowed with apiVersion v2");
    }
    if (first_version && kms.cache_size == 0) {
      Complain(kms.cache_size_place, "must not be 0");
    }
  }

  void JudgeName(const KmsEntry& kms, bool first_version) {
    const PlacedText& name = kms.name;
    if (name.refused) return;
    Require(name);
    if (!first_version && name.text.contains(':')) {
      Complain(name.place, "must not contain a colon");
    }
    // A v1 name may be that of an earlier entry.
    const bool known = !names_.insert(name.text).second;
    if (known && !first_version && !name.text.empty()) {
      Complain(name.place, "must differ from the names of all earlier kms entries");
    }
  }

  void JudgeEndpoint(const PlacedText& endpoint) {
    Require(endpoint);
    if (endpoint.text.empty()) return;
    switch (ReadEndpoint(endpoint.text).reading) {
      case EndpointReading::kAccepted:
        return;
      case EndpointReading::kNoUrl:
        return Complain(endpoint.place, "must be a valid URL");
      case EndpointReading::kOtherScheme:
        return Complain(endpoint.place, "must begin with unix://");
      case EndpointReading::kUnsure:
        verdict_.unsure.push_back(
            {endpoint.place.field, endpoint.place.line, "names an unusual host"});
    }
  }

  KubernetesVerdict verdict_;
  std::set<std::string> names_;
};

}  // namespace

KubernetesVerdict JudgeByKubernetes(const EncryptionFile& file) { return Rules().Judge(file); }

}  // namespace baokms::adapters::config_yaml
