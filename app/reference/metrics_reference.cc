#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <type_traits>

#include "adapters/telemetry/metric_table.h"
#include "app/reference/pages.h"
#include "core/model/error.h"
#include "core/model/login.h"
#include "core/model/openbao_operation.h"
#include "core/model/readiness.h"

namespace baokms::app {
namespace {

using adapters::telemetry::Appears;
using adapters::telemetry::MetricFact;
using adapters::telemetry::MetricKind;

std::string_view Word(MetricKind kind) {
  switch (kind) {
    case MetricKind::kCounter:
      return "counter";
    case MetricKind::kGauge:
      return "gauge";
    case MetricKind::kHistogram:
      return "histogram";
  }
  return "";
}

std::string_view Word(Appears appears) {
  switch (appears) {
    case Appears::kAtStart:
      return "the start";
    case Appears::kWithFirstEvent:
      return "its first event";
    case Appears::kWithActiveKey:
      return "the first active key";
    case Appears::kWithReason:
      return "a reason's begin to its end";
  }
  return "";
}

std::string Labels(std::string_view labels) {
  std::string cell;
  while (!labels.empty()) {
    const std::string_view label = labels.substr(0, labels.find(','));
    cell += fmt::format("{}`{}`", cell.empty() ? "" : ", ", label);
    labels.remove_prefix(std::min(labels.size(), label.size() + 1));
  }
  return cell;
}

// Every value of an enumeration without gaps, from `first` to `last`.
template <typename Enum>
std::string Words(Enum first, Enum last) {
  using Number = std::underlying_type_t<Enum>;
  std::string words;
  for (int at = static_cast<Number>(first); at <= static_cast<Number>(last); ++at) {
    words += fmt::format("{}`{}`", words.empty() ? "" : ", ",
                         core::Name(static_cast<Enum>(static_cast<Number>(at))));
  }
  return words;
}

// A link from docs/reference to a page in `folder` of docs.
std::string Link(std::string_view folder, std::string_view page) {
  return fmt::format("[{1}](../{0}{1})", folder, page);
}

}  // namespace

std::string MetricsReference() {
  std::string text =
      "# Metrics\n\nEvery metric of `server.metricsAddress` /metrics. Made from the program by "
      "`cmake --build build/default\n--target update_reference`; do not edit. " +
      Link("", "monitoring.md") +
      " says how to use them.\n\n| metric | type | labels | shown from | "
      "|\n|---|---|---|---|---|\n";
  for (const MetricFact& fact : adapters::telemetry::kMetricTable) {
    text += fmt::format("| `{}` | {} | {} | {} | {} |\n", fact.name, Word(fact.kind),
                        Labels(fact.labels), Word(fact.appears), fact.help);
  }
  text += fmt::format(
      "\nA histogram has `_bucket` (with the label `le`), `_sum` and `_count`. A counter that is "
      "shown from its first event\nis absent until then, which is not the same as 0: an expression "
      "that divides or subtracts must allow for it.\n\n## Values of labels\n\nThe other labels' "
      "values are in {}.\n\n| label | values "
      "|\n|---|---|\n| `operation` | {} |\n| `status` of `openbao_kms_openbao_requests_total` | {} "
      "|\n| `status` of logins and renewals | {} |\n",
      Link("spec/", "reports-and-labels.md"),
      Words(core::OpenBaoOperation::kJwtLogin, core::OpenBaoOperation::kCapabilitiesSelf),
      Words(core::OpenBaoStatus::kOk, core::OpenBaoStatus::kUnknown),
      Words(core::LoginStatus::kOk, core::LoginStatus::kOauth2Response));
  text += fmt::format(
      "\n## Readiness reasons\n\n`reasons` of /ready and `reason` of `status.probe` in the log: "
      "{}. /ready alone adds `draining`.\n\n## Error classes\n\n`error_class` in the log and in "
      "/ready: {}.\n\nHow a call to OpenBao ended, and what an answer to kube-apiserver becomes "
      "because of it:\n\n| `status` | error class | gRPC status |\n|---|---|---|\n",
      Words(core::Reason::kStateUnavailable, core::Reason::kRetiredVersionUndecryptable),
      Words(core::ErrorClass::kOpenBaoUnavailable, core::ErrorClass::kCiphertextInvalid));
  for (int at = static_cast<int>(core::OpenBaoStatus::kOk) + 1;
       at <= static_cast<int>(core::OpenBaoStatus::kUnknown); ++at) {
    const auto status = static_cast<core::OpenBaoStatus>(at);
    const core::Error error = core::OpenBaoFailure(status);
    text += fmt::format("| `{}` | `{}` | `{}` |\n", core::Name(status),
                        core::Name(error.error_class()), core::Name(error.code()));
  }
  return text;
}

}  // namespace baokms::app
