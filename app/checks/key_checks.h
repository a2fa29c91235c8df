// What `doctor` and `verify-key` ask of the Transit key, its mount, the token's policy and this
// node's state (reports-and-labels.md).
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "app/checks/check_report.h"
#include "app/openbao/one_shot.h"
#include "core/model/configuration.h"

namespace baokms::app {

class KeyUnderCheck;

// The state is read when this is made, unless the configuration that names it is not `valid`.
std::shared_ptr<KeyUnderCheck> ExamineKey(const OneShot& one_shot, bool valid);

// registry.state when the files are refused, which no login would fix; else none.
std::vector<PlannedCheck> RefusedStateCheck(const std::shared_ptr<KeyUnderCheck>& key);

enum class KeyScope : std::uint8_t {
  kReadOnly,     // `verify-key`
  kWithTraffic,  // `doctor`: a random text is encrypted and decrypted, too
};

// openbao.auth and everything that needs its token.
std::vector<PlannedCheck> KeyChecks(const std::shared_ptr<KeyUnderCheck>& key,
                                    core::AuthMethod method, KeyScope scope);

}  // namespace baokms::app
