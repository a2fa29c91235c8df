#include "adapters/certauth_pkcs11/pkcs11_advice.h"

#include <string_view>

namespace baokms::adapters::certauth_pkcs11 {
namespace {

std::string_view AdviceFor(Pkcs11Problem problem) {
  switch (problem) {
    case Pkcs11Problem::kNoCertificate:
      return "auth.cert.pkcs11.certificateFile: no PEM certificate in the file; write the leaf and "
             "its intermediates into it, the leaf first";
    case Pkcs11Problem::kPrivateKeyInFile:
      return "auth.cert.pkcs11.certificateFile: a private key in the file; keys stay in the token, "
             "so remove the block, and take a key that has lain on a disk for lost";
    case Pkcs11Problem::kForeignBlock:
      return "auth.cert.pkcs11.certificateFile: a block that is damaged or no certificate; write "
             "CERTIFICATE blocks alone";
    case Pkcs11Problem::kPinNotOneLine:
      return "auth.cert.pkcs11.pinFile: invalid_content; write the PIN and nothing else, as one "
             "line";
    case Pkcs11Problem::kModuleNotLoaded:
      return "auth.cert.pkcs11.modulePath: the module does not load or start; check that the file "
             "is a PKCS#11 module with all its libraries, and the module's own configuration";
    case Pkcs11Problem::kNoToken:
      return "auth.cert.pkcs11.tokenLabel: no token has that label now; look whether the token is "
             "there (pkcs11-tool --list-slots) and the provider's user may reach it";
    case Pkcs11Problem::kSeveralTokens:
      return "auth.cert.pkcs11.tokenLabel: more than one token has that label; give each token its "
             "own";
    case Pkcs11Problem::kTokenFailed:
      return "auth.cert.pkcs11: the token answered with an error; look at the module's own log";
    case Pkcs11Problem::kNoSession:
      return "auth.cert.pkcs11.maxSessions: the token has no session left; end other programs' "
             "sessions, or raise the token's own limit (the provider needs two)";
    case Pkcs11Problem::kNoAnswer:
      return "auth.cert.pkcs11.modulePath: the module did not answer within auth.loginTimeout and "
             "is left alone until it does; look at the token, and restart the provider if it stays "
             "so";
    case Pkcs11Problem::kPinRefused:
      return "auth.cert.pkcs11.pinFile: the token refused the PIN; it was tried once and is not "
             "tried again until the file holds another";
    case Pkcs11Problem::kPinFinalTry:
      return "auth.cert.pkcs11.pinFile: one more wrong PIN would lock the token, so none is tried; "
             "check the file, then log in once by hand (pkcs11-tool --login) to reset the count";
    case Pkcs11Problem::kPinLocked:
      return "auth.cert.pkcs11.pinFile: the token's PIN is locked; have its security officer "
             "unlock "
             "it";
    case Pkcs11Problem::kNoKey:
      return "auth.cert.pkcs11.keyLabel: the token has no RSA or EC private key with that label";
    case Pkcs11Problem::kSeveralKeys:
      return "auth.cert.pkcs11.keyLabel: the token has more than one private key with that label; "
             "give each its own";
  }
  return "auth.cert.pkcs11: the token cannot be used";
}

std::string_view AdviceFor(CertificateFileProblem problem) {
  switch (problem.problem) {
    case ports::FileProblem::kNotAbsolute:
      return "auth.cert.pkcs11.certificateFile: absolute_path_required; write the path from the "
             "root";
    case ports::FileProblem::kMissing:
      return "auth.cert.pkcs11.certificateFile: file_missing; check the path and what writes the "
             "file";
    case ports::FileProblem::kUnreadable:
      return "auth.cert.pkcs11.certificateFile: file_unreadable; let the provider's user read it";
    case ports::FileProblem::kSymlink:
      return "auth.cert.pkcs11.certificateFile: symlink_unsupported; name the file itself";
    case ports::FileProblem::kNotRegular:
    case ports::FileProblem::kNotDirectory:
      return "auth.cert.pkcs11.certificateFile: regular_file_required; name a regular file";
    case ports::FileProblem::kUnsafePermissions:
    case ports::FileProblem::kWrongOwner:
      return "auth.cert.pkcs11.certificateFile: unsafe_permissions; remove group write and execute "
             "and all access for others (mode 0640 or 0600)";
    case ports::FileProblem::kChanged:
      return "auth.cert.pkcs11.certificateFile: file_changed; replace the file by rename, not in "
             "place";
    case ports::FileProblem::kTooLarge:
      return "auth.cert.pkcs11.certificateFile: file_too_large; a certificate file has at most 1 "
             "MiB";
  }
  return "auth.cert.pkcs11.certificateFile: file_unreadable";
}

std::string_view AdviceFor(PinFileProblem problem) {
  switch (problem.problem) {
    case ports::FileProblem::kNotAbsolute:
      return "auth.cert.pkcs11.pinFile: absolute_path_required; write the path from the root";
    case ports::FileProblem::kMissing:
      return "auth.cert.pkcs11.pinFile: file_missing; check the path";
    case ports::FileProblem::kUnreadable:
      return "auth.cert.pkcs11.pinFile: file_unreadable; let the provider's user read it";
    case ports::FileProblem::kSymlink:
      return "auth.cert.pkcs11.pinFile: symlink_unsupported; name the file itself";
    case ports::FileProblem::kNotRegular:
    case ports::FileProblem::kNotDirectory:
      return "auth.cert.pkcs11.pinFile: regular_file_required; name a regular file";
    case ports::FileProblem::kUnsafePermissions:
    case ports::FileProblem::kWrongOwner:
      return "auth.cert.pkcs11.pinFile: unsafe_permissions; remove group write and execute and all "
             "access for others (mode 0640 or 0600)";
    case ports::FileProblem::kChanged:
      return "auth.cert.pkcs11.pinFile: file_changed; replace the file by rename, not in place";
    case ports::FileProblem::kTooLarge:
      return "auth.cert.pkcs11.pinFile: file_too_large; a PIN file has at most 4 KiB";
  }
  return "auth.cert.pkcs11.pinFile: file_unreadable";
}

core::LoginStatus StatusOf(Pkcs11Problem problem) {
  switch (problem) {
    case Pkcs11Problem::kNoCertificate:
    case Pkcs11Problem::kPrivateKeyInFile:
    case Pkcs11Problem::kForeignBlock:
      return core::LoginStatus::kCertInvalid;
    case Pkcs11Problem::kPinNotOneLine:
    case Pkcs11Problem::kModuleNotLoaded:
    case Pkcs11Problem::kNoToken:
    case Pkcs11Problem::kSeveralTokens:
    case Pkcs11Problem::kTokenFailed:
    case Pkcs11Problem::kNoSession:
    case Pkcs11Problem::kNoAnswer:
    case Pkcs11Problem::kPinRefused:
    case Pkcs11Problem::kPinFinalTry:
    case Pkcs11Problem::kPinLocked:
    case Pkcs11Problem::kNoKey:
    case Pkcs11Problem::kSeveralKeys:
      return core::LoginStatus::kNoUsableSession;
  }
  return core::LoginStatus::kNoUsableSession;
}
core::LoginStatus StatusOf(CertificateFileProblem /*problem*/) {
  return core::LoginStatus::kCertInvalid;
}
core::LoginStatus StatusOf(PinFileProblem /*problem*/) {
  return core::LoginStatus::kNoUsableSession;
}

}  // namespace

core::LoginFailure FailureOf(const Problem& problem) {
  return std::visit(
      [](auto cause) {
        return core::LoginFailure{.error = core::CredentialUnusable(),
                                  .status = StatusOf(cause),
                                  .advice = AdviceFor(cause)};
      },
      problem);
}

}  // namespace baokms::adapters::certauth_pkcs11
