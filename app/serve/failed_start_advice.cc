#include "app/serve/failed_start_advice.h"

#include "app/reports/failure_advice.h"

namespace baokms::app {
namespace {

std::string OrElse(std::string_view advice, std::string_view otherwise) {
  return std::string(advice.empty() ? otherwise : advice);
}

}  // namespace

bool IsHopeless(const ProbeReport& last) {
  return last.reason == core::Reason::kStateUnavailable && !last.refusal.empty();
}

std::string FailedStartAdvice(const ProbeReport& last, std::string_view login_advice) {
  if (last.error && !login_advice.empty()) return std::string(login_advice);
  if (last.error) {
    return OrElse(AdviceFor(*last.error),
                  "OpenBao is not usable: check the error_class of the last status.probe line");
  }
  if (IsHopeless(last)) {
    return "there is no state at state.path and the Transit key is rotated (" + last.refusal +
           "): " + std::string(AdviceWithoutState());
  }
  if (last.reason) {
    const std::string found = last.refusal.empty() ? "" : " (found: " + last.refusal + ")";
    return OrElse(AdviceFor(*last.reason),
                  "Status did not become healthy: check the reason of the last status.probe line") +
           found;
  }
  return "Status did not become healthy";
}

}  // namespace baokms::app
