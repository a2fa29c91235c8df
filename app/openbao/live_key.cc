#include "app/openbao/live_key.h"

#include <utility>

#include "app/reports/failure_advice.h"

namespace baokms::app {

std::expected<std::unique_ptr<OpenBaoSession>, std::string> LogIn(const OneShot& one_shot) {
  auto session = OpenBaoSession::Open(one_shot);
  if (!session) return session;
  if (const auto login = (*session)->Login(); !login) {
    const core::LoginFailure& failure = login.error();
    return std::unexpected(NameAndAdvice(failure.error, failure.advice));
  }
  return session;
}

LiveKey ReadLiveKey(OpenBaoSession& session) {
  core::MetadataOutcome outcome = session.ReadKey();
  if (const auto* failed = std::get_if<core::MetadataReadFailed>(&outcome)) {
    return {.metadata = std::nullopt, .problem = NameAndAdvice(failed->error)};
  }
  auto& read = std::get<core::MetadataRead>(outcome);
  LiveKey key{.metadata = std::move(read.metadata), .problem = {}};
  if (!read.disable_upsert) key.problem = NameAndAdvice(core::Reason::kUpsertAllowed);
  return key;
}

LiveKey ReadLiveKey(const OneShot& one_shot) {
  const auto session = LogIn(one_shot);
  if (!session) return {.metadata = std::nullopt, .problem = session.error()};
  return ReadLiveKey(**session);
}

}  // namespace baokms::app
