// What `check-expiration` prints (reports-and-labels.md). Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/reports/report.h"
#include "core/model/time.h"

namespace baokms::app {

// One thing that ends. Bounded words only: no path, name or value.
struct Expiration {
  std::string_view id;     // "openbao.certificate"
  std::string_view title;  // "OpenBao's certificate"
  std::string field{};     // of the configuration; empty: of none
  std::chrono::seconds threshold{0};
  std::optional<core::UnixSeconds> expires_at{};
  // Without expires_at: why it is not known. Else what else a person should know; may be empty.
  std::string message{};
  bool asked_in_vain = true;  // without expires_at: a failure, and not just not asked
};

enum class ExpirationStatus : std::uint8_t { kPass, kFail, kSkip };
// kFail: `threshold` or less is left of it.
ExpirationStatus Judge(const Expiration& expiration, core::UnixSeconds now);

Report ReportExpirations(const std::vector<Expiration>& expirations, core::UnixSeconds now);
// A table, the soonest first, and under it what there is to say of each.
std::string DescribeExpirations(const std::vector<Expiration>& expirations, core::UnixSeconds now);

// The first failure in the table's order; empty: there is none.
std::string ExpirationProblem(const std::vector<Expiration>& expirations, core::UnixSeconds now);

}  // namespace baokms::app
