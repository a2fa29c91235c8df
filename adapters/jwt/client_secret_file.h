// The OAuth 2.0 client's secret from its file (auth.md, "source oauth2").
#pragma once

#include <expected>
#include <string>

#include "core/model/login.h"
#include "core/model/secret.h"
#include "ports/file_reader.h"

namespace baokms::adapters::jwt {

// Its one line (core/model/credential_line.h). Blocks for one local read; also what `doctor` asks
// without a grant.
std::expected<core::Secret, core::LoginFailure> ReadClientSecret(const std::string& path,
                                                                 const ports::FileReader& files);

}  // namespace baokms::adapters::jwt
