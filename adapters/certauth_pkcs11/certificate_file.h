// The certificate chain that is presented, from its file (auth.md, "Certificates").
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "adapters/certauth_pkcs11/pkcs11_problem.h"
#include "ports/file_reader.h"

namespace baokms::adapters::certauth_pkcs11 {

// DER of every block in order, not empty; what is inside the blocks is not judged.
OrProblem<std::vector<std::string>> ParseCertificateFile(std::string_view pem);
// The SubjectPublicKeyInfo of a certificate.
OrProblem<std::string> PublicKeyOf(const std::string& certificate_der);
// Blocks for one local read.
OrProblem<std::vector<std::string>> ReadCertificateFile(const ports::FileReader& files,
                                                        const std::string& path);

}  // namespace baokms::adapters::certauth_pkcs11
