// Logs in over TLS that presents a client certificate, wherever that comes from (auth.md,
// "Certificates").
#pragma once

#include <chrono>
#include <expected>
#include <functional>
#include <memory>
#include <string>

#include "adapters/cert/certificate_check.h"
#include "core/model/client_identity.h"
#include "core/model/configuration.h"
#include "core/model/login.h"
#include "ports/certificate_source.h"
#include "ports/clock.h"
#include "ports/login_source.h"
#include "ports/openbao_auth.h"

namespace baokms::adapters::cert {

struct CertLoginOptions {
  core::CertSource source = core::CertSource::kPkcs11;  // whose fields the advice names
  std::string mount_path;                               // with its auth/
  std::string name;                                     // of the role; empty: OpenBao finds one
  CertificateExpectations expected;
};

// The local checks before any login, without and with a signature; also what `doctor` asks without
// logging in.
std::expected<CertificateFacts, core::LoginFailure> CheckIdentity(
    const CertLoginOptions& options, const core::ClientIdentity& identity, core::UnixSeconds now);
std::expected<void, core::LoginFailure> ProbeSigner(const CertLoginOptions& options,
                                                    const core::ClientIdentity& identity);

class CertLoginSource final : public ports::LoginSource {
 public:
  // The references must outlive the source and its logins.
  CertLoginSource(CertLoginOptions options, ports::CertificateSource& source,
                  ports::OpenBaoAuth& auth, const ports::Clock& clock);

  // A failure of the source or of the checks completes without a call to OpenBao. The probe
  // signature is made on the thread on which the source completes.
  void Login(core::MonotonicTime deadline,
             std::move_only_function<void(core::LoginResult)> done) override;
  // Sends nothing when the source's leaf is not the last login's any more.
  void Renew(std::shared_ptr<const core::HeldToken> token, std::chrono::seconds increment,
             core::MonotonicTime deadline,
             std::move_only_function<void(core::RenewalResult)> done) override;

 private:
  void LogInWith(core::ClientIdentityRef identity, core::MonotonicTime deadline,
                 std::move_only_function<void(core::LoginResult)> done);

  const CertLoginOptions options_;
  ports::CertificateSource& source_;
  ports::OpenBaoAuth& auth_;
  const ports::Clock& clock_;
  // Of the last login that succeeded. One call at a time: each begins after the last one's `done`.
  core::ClientIdentityRef presented_;
};

}  // namespace baokms::adapters::cert
