// Why a token, its key or what belongs to them cannot be used.
#pragma once

#include <cstdint>
#include <expected>
#include <variant>

#include "core/model/credential_line.h"
#include "ports/file_reader.h"

namespace baokms::adapters::certauth_pkcs11 {

enum class Pkcs11Problem : std::uint8_t {
  // The certificate file.
  kNoCertificate,     // no block in it
  kPrivateKeyInFile,  // a PRIVATE KEY block: keys stay in the token
  kForeignBlock,      // any other block than CERTIFICATE, or a damaged one
  // The module and the token.
  kModuleNotLoaded,  // missing, no PKCS#11 module, or it does not initialise
  kNoToken,
  kSeveralTokens,
  kTokenFailed,  // an error that none of the others names
  kNoSession,    // none to be had: all in use
  kNoAnswer,     // the module did not come back by the deadline
  // The PIN.
  kPinRefused,  // by the token; not tried again until the file holds another
  kPinFinalTry,
  kPinLocked,
  // The key.
  kNoKey,
  kSeveralKeys,
};

// A file that breaks the rules of configuration-and-cli.md ("Files named in the configuration").
struct CertificateFileProblem {
  ports::FileProblem problem;
};
struct PinFileProblem {
  ports::FileProblem problem;
};

// What is in the PIN file is no PIN.
struct PinLineProblem {
  core::LineProblem problem;
};

using Problem = std::variant<Pkcs11Problem, CertificateFileProblem, PinFileProblem, PinLineProblem>;

template <typename T>
using OrProblem = std::expected<T, Problem>;

}  // namespace baokms::adapters::certauth_pkcs11
