// What a person should do about a client certificate that cannot be used: names the configuration
// field, never a value (observability.md, "A failed start").
#pragma once

#include <string_view>

#include "adapters/cert/certificate_check.h"
#include "core/model/configuration.h"
#include "core/model/login.h"

namespace baokms::adapters::cert {

core::LoginStatus StatusOf(CertificateProblem problem);
// For a certificate of that source that fails the local checks.
std::string_view AdviceFor(core::CertSource source, CertificateProblem problem);
// For a key whose probe signature failed.
std::string_view SignerAdvice(core::CertSource source);
// For a certificate without a Common Name, before or after OpenBao refuses it.
std::string_view CommonNameAdvice(core::CertSource source);
struct Presented {
  bool common_name = true;  // of the certificate
  bool rsa_pss = true;      // core::ClientIdentity::rsa_pss
};

// For an OpenBao that refused the login, or granted what cannot be used: auth_failed.
std::string_view RefusedAdvice(const core::Error& error, const Presented& presented,
                               core::CertSource source);
// For a login that OpenBao answered with 404.
std::string_view NotFoundAdvice();

}  // namespace baokms::adapters::cert
