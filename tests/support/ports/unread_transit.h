#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ports/transit.h"

namespace baokms::testing {

// A Transit that is only asked to encrypt and decrypt: what reads the key is never answered.
class UnreadTransit : public ports::TransitPort {
 public:
  std::unique_ptr<ports::PendingCall> ReadKeyMetadata(
      ports::TokenRef, core::MonotonicTime, ports::Completion<core::TransitKeyMetadata>) override {
    return nullptr;
  }
  std::unique_ptr<ports::PendingCall> ReadDisableUpsert(ports::TokenRef, core::MonotonicTime,
                                                        ports::Completion<bool>) override {
    return nullptr;
  }
  std::unique_ptr<ports::PendingCall> ReadCapabilities(
      ports::TokenRef, std::vector<std::string>, core::MonotonicTime,
      ports::Completion<std::map<std::string, std::vector<std::string>>>) override {
    return nullptr;
  }
};

}  // namespace baokms::testing
