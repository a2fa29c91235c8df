// In a build with BAOKMS_WITH_PKCS11.
#include "adapters/certauth_pkcs11/pkcs11_source.h"

#include "app/login/login_parts.h"

namespace baokms::app {

std::unique_ptr<ports::CertificateSource> MakePkcs11Source(const SourceContext& context) {
  namespace pkcs11 = adapters::certauth_pkcs11;
  const core::Pkcs11Configuration& configured = context.configuration.auth.cert.pkcs11;
  // maxSessions is at least two, and the source never holds more than two.
  return std::make_unique<pkcs11::Pkcs11Source>(
      pkcs11::Pkcs11Options{
          .token = {.module_path = configured.module_path,
                    .token = {.label = configured.token_label, .serial = configured.token_serial},
                    .key_label = configured.key_label},
          .certificate_file = configured.certificate_file,
          .pin_file = configured.pin_file},
      context.files);
}

}  // namespace baokms::app
