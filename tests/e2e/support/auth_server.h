// The real authorisation server (tests/authserver), as a process with files of its own.
#pragma once

#include <memory>
#include <string>

#include "tests/support/emulator/certificates.h"
#include "tests/support/harness/child_process.h"
#include "tests/support/harness/temp_directory.h"

namespace baokms::e2e {

class AuthServer {
 public:
  // Where it was not built: says so, true.
  static bool Skipped();

  // Started, with one client, that may ask for scope kms and gets tokens for audience openbao.
  AuthServer(std::string client_id, const std::string& secret);

  std::string url() const { return "https://" + address_; }  // and issuer
  std::string ca_pem() const { return authority_.pem(); }
  // Of the key that signs the tokens since the last Start.
  std::string public_key_pem() const;

  // The secrets that are valid from now on, one a line.
  void Accept(const std::string& secrets) const;
  void Stop() { process_.reset(); }
  void Start();

 private:
  const std::string client_id_;
  const emulator::CertificateAuthority authority_;
  const std::string address_;
  testing::TempDirectory directory_;
  std::unique_ptr<testing::ChildProcess> process_;
};

}  // namespace baokms::e2e
