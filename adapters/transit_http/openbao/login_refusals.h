// What OpenBao's text says of a login that it refused. The text itself goes nowhere: it may name a
// role or a claim.
#pragma once

#include <string_view>

#include "core/model/login_refusal.h"
#include "core/model/openbao_operation.h"

namespace baokms::adapters::transit_http {

// From the reply to a login that was refused (openbao-observed.md, "Refused logins"); kOther for
// any text that is not known. Whether it was refused is judged by its status alone, so a text that
// changes with OpenBao's versions costs a person a word and the program nothing.
core::LoginRefusal WhyRefused(core::OpenBaoOperation operation, int http_status,
                              std::string_view body);

}  // namespace baokms::adapters::transit_http
