// In a build without BAOKMS_WITH_SPIFFE.
#include "app/login/login_parts.h"

namespace baokms::app {

std::unique_ptr<ports::CertificateSource> MakeX509SvidSource(const SourceContext& /*context*/) {
  return nullptr;
}

std::unique_ptr<ports::JwtSource> MakeJwtSvidSource(const SourceContext& /*context*/) {
  return nullptr;
}

}  // namespace baokms::app
