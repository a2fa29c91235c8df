#include "adapters/certauth_pkcs11/pkcs11_advice.h"

#include <string_view>

namespace baokms::adapters::certauth_pkcs11 {
namespace {

std::string_view AdviceFor(Pkcs11Problem problem) {
  switch (problem) {
    case Pkcs11Problem::kNoCertificate:
      return "auth.cert.pkcs11.certificateFile: the file has no PEM certificate; write the leaf "
             "certificate and then its intermediates into it";
    case Pkcs11Problem::kPrivateKeyInFile:
      return "auth.cert.pkcs11.certificateFile: the file contains a private key; keys stay in the "
             "token, so remove the block, and treat a key that was stored on a disk as compromised";
    case Pkcs11Problem::kForeignBlock:
      return "auth.cert.pkcs11.certificateFile: the file has a block that is damaged or is not a "
             "certificate; write only CERTIFICATE blocks";
    case Pkcs11Problem::kModuleNotLoaded:
      return "auth.cert.pkcs11.modulePath: the module does not load or start; check that the file "
             "is a PKCS#11 module, that all its libraries are installed, and the module's own "
             "configuration";
    case Pkcs11Problem::kNoToken:
      return "auth.cert.pkcs11.tokenLabel: no token currently has that label and the tokenSerial, "
             "if one is set; check that the token is present (pkcs11-tool --list-slots) and that "
             "the provider's user can access it";
    case Pkcs11Problem::kSeveralTokens:
      return "auth.cert.pkcs11.tokenLabel: more than one token has that label; set "
             "auth.cert.pkcs11.tokenSerial to the serial number of the right one (pkcs11-tool "
             "--list-slots)";
    case Pkcs11Problem::kTokenFailed:
      return "auth.cert.pkcs11: the token answered with an error; check the module's own log";
    case Pkcs11Problem::kNoSession:
      return "auth.cert.pkcs11.maxSessions: the token has no session left; end other programs' "
             "sessions, or raise the token's own limit (the provider needs two)";
    case Pkcs11Problem::kNoAnswer:
      return "auth.cert.pkcs11.modulePath: the module did not answer within auth.loginTimeout, and "
             "the provider makes no further calls until it does; check the token, and restart the "
             "provider if this does not end";
    case Pkcs11Problem::kPinRefused:
      return "auth.cert.pkcs11.pinFile: the token refused the PIN; it was tried once and is not "
             "tried again until the content of the file changes";
    case Pkcs11Problem::kPinFinalTry:
      return "auth.cert.pkcs11.pinFile: one more wrong PIN would lock the token, so the provider "
             "does not try one; check the file, then log in once by hand (pkcs11-tool --login) to "
             "reset the counter";
    case Pkcs11Problem::kPinLocked:
      return "auth.cert.pkcs11.pinFile: the token's PIN is locked; ask its security officer to "
             "unlock it";
    case Pkcs11Problem::kNoKey:
      return "auth.cert.pkcs11.keyLabel: the token has no RSA or EC private key with that label";
    case Pkcs11Problem::kSeveralKeys:
      return "auth.cert.pkcs11.keyLabel: the token has more than one private key with that label; "
             "give each key a different label";
  }
  return "auth.cert.pkcs11: the token cannot be used";
}

std::string_view AdviceFor(CertificateFileProblem problem) {
  switch (problem.problem) {
    case ports::FileProblem::kNotAbsolute:
      return "auth.cert.pkcs11.certificateFile: absolute_path_required; use an absolute path";
    case ports::FileProblem::kMissing:
      return "auth.cert.pkcs11.certificateFile: file_missing; check the path and what writes the "
             "file";
    case ports::FileProblem::kUnreadable:
      return "auth.cert.pkcs11.certificateFile: file_unreadable; allow the provider's user to read "
             "it";
    case ports::FileProblem::kSymlink:
      return "auth.cert.pkcs11.certificateFile: symlink_unsupported; a link is followed only if "
             "root or the provider's user owns it, the file and every directory on the way, and "
             "neither group nor others may write to one of these directories; correct that, or "
             "use the path of the file itself";
    case ports::FileProblem::kNotRegular:
    case ports::FileProblem::kNotDirectory:
      return "auth.cert.pkcs11.certificateFile: regular_file_required; use a regular file";
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
      return "auth.cert.pkcs11.pinFile: absolute_path_required; use an absolute path";
    case ports::FileProblem::kMissing:
      return "auth.cert.pkcs11.pinFile: file_missing; check the path";
    case ports::FileProblem::kUnreadable:
      return "auth.cert.pkcs11.pinFile: file_unreadable; allow the provider's user to read it";
    case ports::FileProblem::kSymlink:
      return "auth.cert.pkcs11.pinFile: symlink_unsupported; a link is followed only if root or "
             "the provider's user owns it, the file and every directory on the way, and neither "
             "group nor others may write to one of these directories; correct that, or use the "
             "path of the file itself";
    case ports::FileProblem::kNotRegular:
    case ports::FileProblem::kNotDirectory:
      return "auth.cert.pkcs11.pinFile: regular_file_required; use a regular file";
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

std::string_view AdviceFor(PinLineProblem problem) {
  switch (problem.problem) {
    case core::LineProblem::kNotOneLine:
      break;
    case core::LineProblem::kOuterBlank:
      return "auth.cert.pkcs11.pinFile: invalid_content; the PIN begins or ends in a blank, so it "
             "was not tried; write it again without spaces and tabs around it";
    case core::LineProblem::kByteOrderMark:
      return "auth.cert.pkcs11.pinFile: invalid_content; the file begins with a byte order mark, "
             "so no PIN was tried; save it as plain text without one";
  }
  return "auth.cert.pkcs11.pinFile: invalid_content; write only the PIN, on one line";
}

core::LoginStatus StatusOf(Pkcs11Problem problem) {
  switch (problem) {
    case Pkcs11Problem::kNoCertificate:
    case Pkcs11Problem::kPrivateKeyInFile:
    case Pkcs11Problem::kForeignBlock:
      return core::LoginStatus::kCertInvalid;
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
core::LoginStatus StatusOf(PinLineProblem /*problem*/) {
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
