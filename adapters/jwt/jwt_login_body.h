// The body of POST /v1/<mountPath>/login (auth.md, "JWT").
#pragma once

#include <string_view>

#include "core/model/secret.h"

namespace baokms::adapters::jwt {

// {"role":...,"jwt":...} in one wiped buffer. `jwt` is in compact form, which needs no escaping.
core::Secret JwtLoginBody(std::string_view role, std::string_view jwt);

}  // namespace baokms::adapters::jwt
