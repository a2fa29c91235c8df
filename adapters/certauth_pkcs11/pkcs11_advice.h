// What a person should do about it: names the configuration field, never a value (observability.md,
// "A failed start").
#pragma once

#include "adapters/certauth_pkcs11/pkcs11_problem.h"
#include "core/model/login.h"

namespace baokms::adapters::certauth_pkcs11 {

// no_usable_session for what keeps the token from signing; cert_invalid for the certificate file
// (reports-and-labels.md, "Metric label values").
core::LoginFailure FailureOf(const Problem& problem);

}  // namespace baokms::adapters::certauth_pkcs11
