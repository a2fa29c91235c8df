#include "app/serve/probe_history.h"

#include <utility>

namespace baokms::app {

void ProbeHistory::Add(const ProbeReport& report, const std::string& advice) {
  LastProbes next = *last_.Load();
  (report.kind == ports::ProbeKind::kMetadata ? next.metadata : next.deep) = report;
  if (report.reason) next.failure = FailedProbe{.report = report, .advice = advice};
  last_.Store(std::make_shared<const LastProbes>(std::move(next)));
}

}  // namespace baokms::app
