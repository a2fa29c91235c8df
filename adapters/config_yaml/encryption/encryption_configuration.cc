#include "adapters/config_yaml/encryption/encryption_configuration.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "adapters/config_yaml/encryption/encryption_file.h"
#include "adapters/config_yaml/encryption/endpoint_url.h"
#include "adapters/config_yaml/encryption/kubernetes_rules.h"

namespace baokms::adapters::config_yaml {
namespace {

// Without empty and `.` components; `/run` for `/var/run`.
std::string Normal(std::string_view path) {
  std::string normal;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string_view part = path.substr(0, end);
    if (!part.empty() && part != ".") normal.append("/").append(part);
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  constexpr std::string_view kVar = "/var";
  if (normal.starts_with("/var/run/")) normal.erase(0, kVar.size());
  return normal;
}

std::string_view FileName(std::string_view path) { return path.substr(path.rfind('/') + 1); }

// The entries of the file that are for this provider, and what is near them.
class OurEntries {
 public:
  OurEntries(const std::string& name, const std::string& socket, const SameFile& same_file)
      : name_(name), socket_(socket), same_file_(same_file) {}

  void Look(const EncryptionFile& file, EncryptionConfigurationVerdict& verdict) {
    for (const ResourceEntry& entry : file.resources.items) LookAt(entry, verdict.remarks);
    if (plaintext_) verdict.remarks.push_back({RemarkKind::kWritesPlaintext, *plaintext_, {}});
    if (identity_ && !plaintext_) {
      verdict.remarks.push_back({RemarkKind::kListsIdentity, *identity_, {}});
    }
    if (wrong_endpoint_) verdict.problems.push_back(*wrong_endpoint_);
    if (found_ || wrong_endpoint_) return;
    if (nearly_) return verdict.problems.push_back(*nearly_);
    verdict.problems.push_back(
        {"resources", file.resources.place.line,
         "no kms entry is for this provider: add one with apiVersion v2, "
         "transit.keyIdScope.providerName as its name and server.socketPath as its endpoint"});
  }

 private:
  void LookAt(const ResourceEntry& entry, std::vector<Remark>& remarks) {
    for (std::size_t i = 0; i < entry.providers.items.size(); ++i) {
      const ProviderEntry& provider = entry.providers.items[i];
      if (provider.refused || provider.kinds.size() != 1) continue;
      const ProviderKind kind = provider.kinds.front();
      if (kind == ProviderKind::kIdentity) {
        if (!identity_) identity_ = provider.place.field;
        if (i == 0 && !plaintext_) plaintext_ = provider.place.field;
      }
      if (kind != ProviderKind::kKms) continue;
      if (provider.kms.api_version.text == "v1") {
        remarks.push_back({RemarkKind::kKmsV1, provider.kms.place.field, {}});
      }
      if (!IsOurs(provider.kms, remarks) || i == 0) continue;
      const ProviderEntry& first = entry.providers.items.front();
      if (first.kinds.empty() || first.kinds.front() == ProviderKind::kIdentity) continue;
      remarks.push_back({RemarkKind::kAnotherFirst, first.place.field, {}});
    }
  }

  // What is nearly ours says best what is wrong.
  bool IsOurs(const KmsEntry& kms, std::vector<Remark>& remarks) {
    const Endpoint endpoint = ReadEndpoint(kms.endpoint.text);
    const bool named = kms.name.text == name_;
    const bool reached = endpoint.reading == EndpointReading::kAccepted &&
                         (SamePath(endpoint.path, socket_) || same_file_(endpoint.path, socket_));
    const int line = kms.place.line;
    if (!named && reached) {
      nearly_ = {kms.name.place.field, line,
                 "must be this provider's transit.keyIdScope.providerName"};
    }
    if (!named) return false;
    if (kms.api_version.text != "v2") {
      nearly_ = {kms.api_version.place.field, line, "must be v2 for this provider"};
      return false;
    }
    if (kms.endpoint.text.empty() || endpoint.reading != EndpointReading::kAccepted) {
      found_ = true;  // reported, or left to kube-apiserver
    } else if (reached) {
      found_ = true;
    } else if (FileName(endpoint.path) == FileName(socket_)) {
      found_ = true;
      remarks.push_back({RemarkKind::kOtherDirectory, kms.endpoint.place.field, endpoint.path});
    } else {
      wrong_endpoint_ = {kms.endpoint.place.field, kms.endpoint.place.line,
                         "must be unix:// followed by this provider's server.socketPath"};
    }
    return true;
  }

  const std::string& name_;
  const std::string& socket_;
  const SameFile& same_file_;
  bool found_ = false;
  std::optional<ConfigProblem> wrong_endpoint_;
  std::optional<ConfigProblem> nearly_;
  std::optional<std::string> identity_;
  std::optional<std::string> plaintext_;
};

}  // namespace

bool EncryptionConfigurationVerdict::Has(RemarkKind kind) const {
  return std::ranges::find(remarks, kind, &Remark::kind) != remarks.end();
}

bool SamePath(const std::string& one, const std::string& other) {
  return one.starts_with('/') && other.starts_with('/') && Normal(one) == Normal(other);
}

EncryptionConfigurationVerdict JudgeEncryptionConfiguration(std::string_view text,
                                                            const std::string& provider_name,
                                                            const std::string& socket_path,
                                                            const SameFile& same_file) {
  EncryptionConfigurationVerdict verdict;
  EncryptionFile file = ReadEncryptionFile(text);
  KubernetesVerdict rules;
  if (file.decoded) rules = JudgeByKubernetes(file);
  verdict.problems = std::move(file.problems);
  std::ranges::move(rules.problems, std::back_inserter(verdict.problems));
  const bool refused = !verdict.problems.empty();
  const auto doubt = [&](std::string place, std::string why) {
    if (why.empty()) return;
    verdict.remarks.push_back({RemarkKind::kUnsure, std::move(place), std::move(why)});
  };
  doubt({}, file.doubts.always);
  if (refused) doubt({}, file.doubts.if_refused);
  if (refused && !verdict.remarks.empty()) verdict.problems.clear();
  if (!file.doubts.always.empty() || (refused && verdict.problems.empty())) return verdict;

  doubt({}, file.doubts.if_accepted);
  for (ConfigProblem& unsure : rules.unsure) doubt(unsure.field, unsure.message);
  if (file.more_follows) verdict.remarks.push_back({RemarkKind::kFurtherDocuments, {}, {}});
  if (file.decoded) OurEntries(provider_name, socket_path, same_file).Look(file, verdict);
  if (!verdict.problems.empty()) verdict.remarks.clear();
  return verdict;
}

}  // namespace baokms::adapters::config_yaml
