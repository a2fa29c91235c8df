// auth.jwt.source oauth2 with the transport of its own that it asks the token endpoint over.
#pragma once

#include <expected>
#include <memory>
#include <string>

#include "app/login/login_parts.h"
#include "ports/jwt_source.h"

namespace baokms::app {

// Reads the CA file and starts the transport's thread; talks to nobody yet. Destroying the source
// completes a fetch under way and ends the thread. The error is for a person.
std::expected<std::unique_ptr<ports::JwtSource>, std::string> MakeOauth2Source(
    const SourceContext& context);

}  // namespace baokms::app
