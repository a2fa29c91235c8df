#include "adapters/jwt/client_secret_file.h"

#include <string_view>
#include <utility>

#include "adapters/jwt/oauth2_advice.h"
#include "core/model/credential_line.h"

namespace baokms::adapters::jwt {
namespace {

std::unexpected<core::LoginFailure> Unusable(std::string_view advice) {
  return std::unexpected(core::LoginFailure{.error = core::CredentialUnusable(),
                                            .status = core::LoginStatus::kOauth2Credential,
                                            .advice = advice});
}

}  // namespace

std::expected<core::Secret, core::LoginFailure> ReadClientSecret(const std::string& path,
                                                                 const ports::FileReader& files) {
  auto secret = files.Read(path, ports::kClientSecretFile);
  if (!secret) return Unusable(ClientSecretFileAdvice(secret.error()));
  auto line = core::CredentialLine(*std::move(secret), core::BlanksBehind::kRefuse);
  if (!line) return Unusable(ClientSecretContentAdvice(line.error()));
  return *std::move(line);
}

}  // namespace baokms::adapters::jwt
