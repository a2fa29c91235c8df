#include "app/live_key.h"

#include <utility>

#include "app/failure_advice.h"
#include "app/openbao_session.h"

namespace baokms::app {
namespace {

std::string Line(std::string_view name, std::string_view advice) {
  std::string line(name);
  if (!advice.empty()) line.append(": ").append(advice);
  return line;
}

std::string Explain(const core::Error& error, std::string_view own_advice = {}) {
  const core::ErrorClass error_class = error.error_class();
  return Line(core::Name(error_class), own_advice.empty() ? AdviceFor(error_class) : own_advice);
}

}  // namespace

LiveKey ReadLiveKey(const OneShot& one_shot) {
  const auto session = OpenBaoSession::Open(one_shot);
  if (!session) return {.metadata = std::nullopt, .problem = session.error()};
  if (const auto login = (*session)->Login(); !login) {
    return {.metadata = std::nullopt,
            .problem = Explain(login.error().error, login.error().advice)};
  }
  core::MetadataOutcome outcome = (*session)->ReadKey();
  if (const auto* failed = std::get_if<core::MetadataReadFailed>(&outcome)) {
    return {.metadata = std::nullopt, .problem = Explain(failed->error)};
  }
  auto& read = std::get<core::MetadataRead>(outcome);
  LiveKey key{.metadata = std::move(read.metadata), .problem = {}};
  if (!read.disable_upsert) {
    key.problem =
        Line(core::Name(core::Reason::kUpsertAllowed), AdviceFor(core::Reason::kUpsertAllowed));
  }
  return key;
}

}  // namespace baokms::app
