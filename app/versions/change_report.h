// `retire-versions`, `restore-versions` and `migrate-state` (reports-and-labels.md): a plan, or
// what was applied. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/reports/report.h"
#include "core/registry/registry.h"

namespace baokms::app {

struct ChangeFacts {
  std::string_view operation;
  bool applied = false;
  std::int64_t before_version = 0;  // 0: not asked for
  std::string state_hash;
  core::Registry after;  // the state itself when there is nothing to change
  std::vector<core::KeySnapshot> removed = {};
  std::vector<core::KeySnapshot> restored = {};
  std::vector<std::string> evidence = {};              // what was accepted, a sentence each
  std::span<const std::string_view> limitations = {};  // what the command cannot know
};

Report ReportChange(const ChangeFacts& facts);
// Text ends with a `remove:` or `restore:` line for each version.
std::string RenderChange(const Report& report, OutputFormat format);

}  // namespace baokms::app
