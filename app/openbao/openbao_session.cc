#include "app/openbao/openbao_session.h"

#include <utility>

#include "app/openbao/await.h"

namespace baokms::app {

std::expected<std::unique_ptr<OpenBaoSession>, std::string> OpenBaoSession::Open(
    const OneShot& one_shot) {
  auto clients = OpenBaoClients::Open(one_shot.configuration, one_shot.clock, one_shot.files,
                                      one_shot.telemetry);
  if (!clients) return std::unexpected(clients.error());
  return std::unique_ptr<OpenBaoSession>(new OpenBaoSession(one_shot, *std::move(clients)));
}

std::expected<void, core::LoginFailure> OpenBaoSession::Login() {
  clients_.AwaitNames();
  const core::MonotonicTime deadline =
      one_shot_.clock.Now().monotonic + one_shot_.configuration.auth.login_timeout;
  auto login = Await<core::LoginResult>(
      [&](auto done) { clients_.login.login->Login(deadline, std::move(done)); });
  if (!login) return std::unexpected(login.error());
  lease_ = login->grant.lease;
  tokens_.Hold(std::make_shared<const core::HeldToken>(
      core::HeldToken{.generation = 1,
                      .value = std::move(login->grant.value),
                      .expires_at = one_shot_.clock.Now().boot + lease_,
                      .presented = std::move(login->presented)}));
  return {};
}

core::MetadataOutcome OpenBaoSession::ReadKey() {
  return Await<core::MetadataOutcome>([&](auto done) {
    core::ReadTransitMetadata(tokens_, transit(), CallDeadline(), std::move(done));
  });
}

core::MonotonicTime OpenBaoSession::CallDeadline() const {
  return one_shot_.clock.Now().monotonic + one_shot_.configuration.openbao.timeout;
}

}  // namespace baokms::app
