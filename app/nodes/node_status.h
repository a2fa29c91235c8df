// What one node said of itself: the output of `status --output json`, or its page /status.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/time.h"

namespace baokms::app {

// What is empty, 0 or nullopt is not known.
struct NodeStatus {
  std::string node;    // how the operator tells it from the others
  std::string source;  // "health", "socket" or "none"
  std::optional<core::UnixSeconds> taken_at{};
  std::string program_version{};
  std::string identity_fingerprint{};
  bool ready = false;
  std::vector<std::string> reasons{};
  std::int64_t version = 0;  // active
  std::string key_id_hash{};
  std::int64_t pending_version = 0;
  std::string pending_key_id_hash{};
  std::optional<core::UnixSeconds> pending_promotes_after{};
};

// The error is the second half of a sentence: what is wrong and what to do.
std::expected<NodeStatus, std::string> ParseNodeStatus(std::string node, std::string_view text);

}  // namespace baokms::app
