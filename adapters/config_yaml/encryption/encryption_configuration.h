// kube-apiserver's EncryptionConfiguration: whether kube-apiserver accepts it, and whether it sends
// this provider what it should (configuration-and-cli.md, "EncryptionConfiguration checks").
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/config_yaml/config_problem.h"

namespace baokms::adapters::config_yaml {

enum class RemarkKind : std::uint8_t {
  kWritesPlaintext,   // an identity provider comes first
  kListsIdentity,     // one is listed, but never first
  kAnotherFirst,      // another provider stands before ours
  kKmsV1,             // an entry that kube-apiserver refuses unless its feature gate is set
  kOtherDirectory,    // our entry names our socket in another directory, `detail`
  kFurtherDocuments,  // what stands behind the first document is not read
  kUnsure,            // kube-apiserver may refuse the file; `detail` says why
};

// About a file that is no mistake as far as this check can tell.
struct Remark {
  RemarkKind kind = RemarkKind::kUnsure;
  std::string field;   // its place; empty where it is about the whole file
  std::string detail;  // of kOtherDirectory: the path in the file, as it is written there
};

struct EncryptionConfigurationVerdict {
  // By their place ("resources[0].providers[1].kms.endpoint") and line; never a value: the file may
  // hold keys. Empty: accepted, and our entry is in it.
  ConfigProblems problems;
  std::vector<Remark> remarks;  // none with problems

  bool Has(RemarkKind kind) const;
};

// Whether two paths are one file, as far as the caller can tell.
using SameFile = std::function<bool(const std::string& one, const std::string& other)>;

// What tells without looking at a disk: `//`, `/./` and `/var/run` for `/run`.
bool SamePath(const std::string& one, const std::string& other);

// `provider_name` and `socket_path`: what our entry must name.
EncryptionConfigurationVerdict JudgeEncryptionConfiguration(std::string_view text,
                                                            const std::string& provider_name,
                                                            const std::string& socket_path,
                                                            const SameFile& same_file = SamePath);

}  // namespace baokms::adapters::config_yaml
