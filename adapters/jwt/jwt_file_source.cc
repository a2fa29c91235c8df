#include "adapters/jwt/jwt_file_source.h"

#include <utility>

#include "adapters/jwt/jwt_advice.h"

namespace baokms::adapters::jwt {

JwtFileSource::JwtFileSource(std::string jwt_file, const ports::FileReader& files)
    : jwt_file_(std::move(jwt_file)), files_(files) {}

void JwtFileSource::Fetch(core::MonotonicTime /*deadline*/,
                          std::move_only_function<void(ports::JwtResult)> done) {
  done(Read());
}

ports::JwtResult JwtFileSource::Read() const {
  auto content = files_.Read(jwt_file_, ports::kJwtFile);
  if (!content) {
    return std::unexpected(core::LoginFailure{.error = core::CredentialUnusable(),
                                              .status = core::LoginStatus::kJwtInvalid,
                                              .advice = JwtFileAdvice(content.error())});
  }
  // One token; the newline that editors and printf leave behind is no part of it.
  if (content->ExposeSecret().ends_with('\n')) content->Truncate(content->size() - 1);
  return *std::move(content);
}

}  // namespace baokms::adapters::jwt
