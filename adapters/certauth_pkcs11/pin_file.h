// The token's user PIN, from its file (auth.md, "Certificates").
#pragma once

#include <string>

#include "adapters/certauth_pkcs11/pkcs11_problem.h"
#include "core/model/secret.h"
#include "ports/file_reader.h"

namespace baokms::adapters::certauth_pkcs11 {

// Its one line (core/model/credential_line.h). Blocks for one local read.
OrProblem<core::Secret> ReadPinFile(const ports::FileReader& files, const std::string& path);

}  // namespace baokms::adapters::certauth_pkcs11
