#include "app/serve/failed_start_advice.h"

#include "app/reports/failure_advice.h"
#include "app/serve/start_problem.h"

namespace baokms::app {
namespace {

std::string OrElse(std::string advice, std::string_view otherwise) {
  return advice.empty() ? std::string(otherwise) : advice;
}

}  // namespace

bool IsHopeless(const ProbeReport& last) {
  return last.reason == core::Reason::kStateUnavailable && !last.refusal.empty();
}

bool ServesUnhealthy(const ProbeReport& last, bool recovered, bool has_token) {
  if (!recovered || !has_token || !last.reason) return false;
  return !last.error ||
         (!MayPass(*last.error) && last.error->error_class() != core::ErrorClass::kAuthFailed);
}

std::string_view FailedStartClass(const ProbeReport& last) {
  const auto of_call = core::ClassOf(last.error);
  if (of_call && *of_call != core::ErrorClass::kUnknown) return core::Name(*of_call);
  if (of_call) return core::Name(core::ErrorClass::kOpenBaoUnavailable);
  if (!last.reason) return core::Name(core::ErrorClass::kTimeout);  // no probe has ended in time
  switch (*last.reason) {
    case core::Reason::kStateUnavailable:
    case core::Reason::kStateSaveFailed:
    case core::Reason::kStatePublishFailed:
      return kStateRefused;
    default:
      return kKeyRefused;
  }
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
    return OrElse(std::string(AdviceFor(*last.reason)),
                  "Status did not become healthy: check the reason of the last status.probe line") +
           found;
  }
  return "Status did not become healthy";
}

}  // namespace baokms::app
