// In a build without BAOKMS_WITH_PKCS11.
#include "app/login/login_parts.h"

namespace baokms::app {

std::unique_ptr<ports::CertificateSource> MakePkcs11Source(const SourceContext& /*context*/) {
  return nullptr;
}

}  // namespace baokms::app
