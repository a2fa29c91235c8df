// Which resources kube-apiserver encrypts when it writes them, by the rules of its
// EncryptionConfiguration (reports-and-labels.md, "key-usage"). Pure.
#pragma once

#include <string_view>
#include <vector>

#include "core/model/encryption_rule.h"

namespace baokms::core {

// `resource`: as ResourceOf names it (core/census/stored_resource.h). Keys of built-in resources do
// not hold their API group: they match every rule of the same name, "*.*" and, if they are of the
// core group, "*."; a wildcard of another group matches custom resources alone.
WrittenBy WhoWrites(const std::vector<EncryptionRule>& rules, std::string_view resource);

}  // namespace baokms::core
