#include "app/checks/encryption_config_check.h"

#include <filesystem>
#include <system_error>

#include "adapters/config_yaml/encryption/encryption_configuration.h"
#include "core/text/printable.h"

namespace baokms::app {
namespace {

using adapters::config_yaml::Remark;
using adapters::config_yaml::RemarkKind;

// Symlinks in the directories of two paths; the files themselves need not exist.
bool IsSameFileHere(const std::string& one, const std::string& other) {
  std::error_code error;
  const auto canonical = std::filesystem::weakly_canonical(one, error);
  if (error) return false;
  const auto same = canonical == std::filesystem::weakly_canonical(other, error);
  return same && !error;
}

CheckResult About(const Remark& remark, const std::string& socket_path) {
  const std::string at = remark.field.empty() ? "" : remark.field + ": ";
  switch (remark.kind) {
    case RemarkKind::kWritesPlaintext:
      return Warn("an identity provider comes first, so writes stay in plaintext",
                  "this is correct until every node can read encrypted data; then put the kms "
                  "entry first to encrypt");
    case RemarkKind::kListsIdentity:
      return Warn("an identity provider is listed, so plaintext can still be read",
                  "remove it after every object has been rewritten");
    case RemarkKind::kAnotherFirst:
      return Warn(at + "comes before this provider's entry, so it encrypts what is written",
                  "this is correct until every node can read what this provider encrypts; then "
                  "put its entry first");
    case RemarkKind::kKmsV1:
      return Warn(at + "KMS v1, which kube-apiserver refuses since 1.29 unless it runs with "
                       "--feature-gates=KMSv1=true",
                  "replace the entry by one of apiVersion v2 when nothing needs it any longer");
    case RemarkKind::kOtherDirectory:
      return Warn(at + "the socket is " + core::Printable(remark.detail, core::Kept::kAscii) +
                      " there and server.socketPath is " + socket_path,
                  "this is correct if kube-apiserver's pod mounts the socket's directory there");
    case RemarkKind::kFurtherDocuments:
      return Warn("kube-apiserver reads only the first YAML document of the file",
                  "remove what follows it");
    case RemarkKind::kUnsure:
      return Warn(at + remark.detail +
                      ", so this check cannot tell whether kube-apiserver "
                      "accepts it",
                  "use plain ASCII there");
  }
  return Pass();
}

}  // namespace

CheckResult JudgeEncryptionConfig(std::string_view text, const std::string& provider_name,
                                  const std::string& socket_path) {
  const auto verdict = adapters::config_yaml::JudgeEncryptionConfiguration(
      text, provider_name, socket_path, IsSameFileHere);
  std::string seen;
  for (const auto& problem : verdict.problems) {
    seen += (seen.empty() ? "" : "; ") + FormatProblem(problem);
  }
  if (!seen.empty()) return Fail(seen, "correct the file before kube-apiserver reads it");
  std::string advice;
  for (const Remark& remark : verdict.remarks) {
    const CheckResult warning = About(remark, socket_path);
    seen += (seen.empty() ? "" : "; ") + warning.message;
    advice += (advice.empty() ? "" : "; ") + warning.advice;
  }
  return seen.empty() ? Pass() : Warn(seen, advice);
}

}  // namespace baokms::app
