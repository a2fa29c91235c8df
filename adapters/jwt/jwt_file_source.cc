#include "adapters/jwt/jwt_file_source.h"

#include <utility>

#include "adapters/jwt/jwt_advice.h"
#include "core/model/credential_line.h"

namespace baokms::adapters::jwt {
namespace {

ports::JwtResult UnusableFile(std::string_view advice) {
  return std::unexpected(core::LoginFailure{.error = core::CredentialUnusable(),
                                            .status = core::LoginStatus::kJwtInvalid,
                                            .advice = advice});
}

}  // namespace

JwtFileSource::JwtFileSource(std::string jwt_file, const ports::FileReader& files)
    : jwt_file_(std::move(jwt_file)), files_(files) {}

void JwtFileSource::Fetch(core::MonotonicTime /*deadline*/,
                          std::move_only_function<void(ports::JwtResult)> done) {
  done(Read());
}

ports::JwtResult JwtFileSource::Read() const {
  auto content = files_.Read(jwt_file_, ports::kJwtFile);
  if (!content) return UnusableFile(JwtFileAdvice(content.error()));
  auto line = core::CredentialLine(*std::move(content), core::BlanksBehind::kDrop);
  if (!line) return UnusableFile(JwtContentAdvice(line.error()));
  return *std::move(line);
}

}  // namespace baokms::adapters::jwt
