// The local credential of the configured login, checked without logging in (reports-and-labels.md,
// `doctor`; auth.md, "Local checks").
#pragma once

#include <vector>

#include "app/checks/check_report.h"
#include "app/login/login_parts.h"

namespace baokms::app {

// By auth.method and source: jwt.local, oauth2.local or spiffe.workload_api; or auth.cert.<source>,
// auth.cert.local, auth.cert.signer.
// `context` outlives the checks; when they have run nothing of the source is left.
std::vector<PlannedCheck> CredentialChecks(const SourceContext& context);

// oauth2.acquire with that source, else none: asks the authorization server for a token.
std::vector<PlannedCheck> AcquisitionChecks(const SourceContext& context);

// How a failed login or credential reads: its bounded words, and what to do.
CheckResult FailedLogin(const core::LoginFailure& failure);

}  // namespace baokms::app
