#include "adapters/cert/cert_advice.h"

namespace baokms::adapters::cert {
namespace {

// One text for each source.
std::string_view Pick(core::CertSource source, std::string_view pkcs11, std::string_view spiffe) {
  return source == core::CertSource::kSpiffe ? spiffe : pkcs11;
}

}  // namespace

core::LoginStatus StatusOf(CertificateProblem problem) {
  switch (problem) {
    case CertificateProblem::kExpired:
      return core::LoginStatus::kCertExpired;
    case CertificateProblem::kNearExpiry:
      return core::LoginStatus::kCertNearExpiry;
    case CertificateProblem::kNotParsed:
    case CertificateProblem::kNotYetValid:
    case CertificateProblem::kNoClientAuth:
    case CertificateProblem::kNoSigning:
    case CertificateProblem::kWeakSignature:
    case CertificateProblem::kWeakKey:
    case CertificateProblem::kKeyMismatch:
      return core::LoginStatus::kCertInvalid;
  }
  return core::LoginStatus::kCertInvalid;
}

std::string_view AdviceFor(core::CertSource source, CertificateProblem problem) {
  switch (problem) {
    case CertificateProblem::kNotParsed:
      return Pick(
          source,
          "auth.cert.pkcs11.certificateFile: a certificate in the file is damaged; write the leaf "
          "certificate and its intermediates again as PEM",
          "auth.cert.spiffe: a certificate of the X.509-SVID is damaged; check the SPIFFE agent");
    case CertificateProblem::kNotYetValid:
      return Pick(
          source,
          "auth.cert.pkcs11.certificateFile: the certificate is not valid yet; check this "
          "node's clock, or auth.cert.clockSkewLeeway",
          "auth.cert.spiffe: the X.509-SVID is not valid yet; check the clocks of this node "
          "and the SPIFFE server, or auth.cert.clockSkewLeeway");
    case CertificateProblem::kExpired:
      return Pick(source,
                  "auth.cert.pkcs11.certificateFile: the certificate has expired; replace it, or "
                  "check this node's clock",
                  "auth.cert.spiffe: the X.509-SVID has expired; check the SPIFFE agent, which "
                  "should have renewed it, and this node's clock");
    case CertificateProblem::kNearExpiry:
      return Pick(source,
                  "auth.cert.pkcs11.certificateFile: the certificate expires within "
                  "auth.cert.minRemainingTtl; replace it, or lower that setting",
                  "auth.cert.spiffe: the X.509-SVID expires within auth.cert.minRemainingTtl; "
                  "issue it with a longer lifetime, or lower that setting");
    case CertificateProblem::kNoClientAuth:
      return Pick(source,
                  "auth.cert.pkcs11.certificateFile: the certificate's extended key usage does not "
                  "allow TLS clients; issue it with clientAuth",
                  "auth.cert.spiffe: the X.509-SVID's extended key usage does not allow TLS "
                  "clients; issue it with clientAuth");
    case CertificateProblem::kNoSigning:
      return Pick(source,
                  "auth.cert.pkcs11.certificateFile: the certificate's key usage lacks "
                  "digitalSignature; issue it with digitalSignature",
                  "auth.cert.spiffe: the X.509-SVID's key usage lacks digitalSignature; issue it "
                  "with digitalSignature");
    case CertificateProblem::kWeakSignature:
      return Pick(source,
                  "auth.cert.pkcs11.certificateFile: a certificate in the file is signed with MD5, "
                  "SHA-1 or an unknown algorithm; issue it with SHA-256 or better",
                  "auth.cert.spiffe: a certificate of the X.509-SVID is signed with MD5, SHA-1 or "
                  "an unknown algorithm; issue it with SHA-256 or better");
    case CertificateProblem::kWeakKey:
      return Pick(source,
                  "auth.cert.pkcs11.certificateFile: the certificate's key is too weak; use RSA "
                  "with 2048 bits or more, P-256, P-384 or P-521",
                  "auth.cert.spiffe: the X.509-SVID's key is too weak; issue it with P-256 or RSA "
                  "of 2048 bits or more");
    case CertificateProblem::kKeyMismatch:
      return Pick(source,
                  "auth.cert.pkcs11.certificateFile: the certificate does not match the key that "
                  "auth.cert.pkcs11.keyLabel names; set the file and the label to the same pair",
                  "auth.cert.spiffe: the X.509-SVID's key does not match its certificate; check "
                  "the SPIFFE agent");
  }
  return "auth.cert: the certificate cannot be used";
}

std::string_view SignerAdvice(core::CertSource source) {
  return Pick(
      source,
      "auth.cert.pkcs11: the certificate does not verify a signature made by the token's "
      "key; check that certificateFile is this key's certificate, and allow the key to sign "
      "(CKA_SIGN) with RSA-PSS or ECDSA",
      "auth.cert.spiffe: the X.509-SVID's certificate does not verify a signature made by "
      "its key; check the SPIFFE agent");
}

std::string_view CommonNameAdvice(core::CertSource source) {
  return Pick(
      source,
      "auth.cert.pkcs11.certificateFile: the certificate has no Common Name, and OpenBao's cert "
      "auth refuses the login because it names the entity after it; issue it with a Common Name",
      "auth.cert.spiffe: the X.509-SVID has no Common Name, and OpenBao's cert auth refuses the "
      "login because it names the entity after it; give the SPIRE entry a DNS name (SPIRE uses the "
      "first one as the Common Name), or use auth.jwt.source spiffe");
}

std::string_view RefusedAdvice(const core::Error& error, const Presented& presented,
                               core::CertSource source) {
  if (error == core::TokenUsesLimited()) {
    return "auth.cert.name: the role's tokens are valid for a limited number of calls; set "
           "token_num_uses=0 on the certificate role in OpenBao";
  }
  if (error == core::SecondFactorWanted()) {
    return "auth.cert.mountPath: OpenBao wants a second factor for this login, which the provider "
           "cannot give; exempt this mount or role from the MFA login enforcement in OpenBao";
  }
  if (!presented.common_name) return CommonNameAdvice(source);
  if (!presented.rsa_pss) {
    return "auth.cert.pkcs11: the token signs with this RSA key only as TLS 1.2 has it (PKCS#1 "
           "v1.5), so no certificate was presented over TLS 1.3: hold OpenBao's listener to TLS "
           "1.2 (tls_max_version), or use an EC key or a token with RSA-PSS; if it is held to it, "
           "check auth.cert.mountPath, auth.cert.name and the role";
  }
  if (error == core::LoginCertificateMissing()) {
    return "openbao.address: the login's certificate did not reach OpenBao: TLS ends in front of "
           "it "
           "(a proxy or a balancer), or its listener has tls_disable_client_certs; let TLS end in "
           "OpenBao, or remove that setting";
  }
  return "OpenBao refused the certificate login: check auth.cert.mountPath and auth.cert.name, and "
         "that the role trusts the CA that issued the certificate and accepts its names";
}

std::string_view NotFoundAdvice() {
  return "OpenBao has nothing at the login path: check openbao.namespace and auth.cert.mountPath";
}

}  // namespace baokms::adapters::cert
