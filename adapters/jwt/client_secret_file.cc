#include "adapters/jwt/client_secret_file.h"

#include <string_view>
#include <utility>

#include "adapters/jwt/oauth2_advice.h"

namespace baokms::adapters::jwt {
namespace {

using namespace std::string_view_literals;

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
  if (secret->ExposeSecret().ends_with('\n')) secret->Truncate(secret->size() - 1);
  // A carriage return would silently become part of the secret.
  if (secret->empty() ||
      secret->ExposeSecret().find_first_of("\0\r\n"sv) != std::string_view::npos) {
    return Unusable(ClientSecretContentAdvice());
  }
  return *std::move(secret);
}

}  // namespace baokms::adapters::jwt
