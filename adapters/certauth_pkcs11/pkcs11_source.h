// The client certificate of a file with its key in a PKCS#11 token (auth.md, "Certificates").
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "adapters/certauth_pkcs11/module_thread.h"
#include "adapters/certauth_pkcs11/pkcs11_problem.h"
#include "core/model/time.h"
#include "ports/certificate_source.h"
#include "ports/file_reader.h"

namespace baokms::adapters::certauth_pkcs11 {

struct Pkcs11Options {
  TokenOptions token;
  std::string certificate_file;
  std::string pin_file;
};

class Pkcs11Source final : public ports::CertificateSource {
 public:
  // `files` outlives the source.
  Pkcs11Source(Pkcs11Options options, const ports::FileReader& files);
  // Answers what is under way. From then on the keys that it gave out sign no more, so whoever is
  // about to sign fails at once.
  ~Pkcs11Source() override;

  // `done` comes on the source's own thread, which may sign with the identity's key. A signature
  // waits for the token until the deadline of the last Acquire.
  void Acquire(core::MonotonicTime deadline,
               std::move_only_function<void(ports::IdentityResult)> done) override;

 private:
  struct Wanted {
    core::MonotonicTime deadline;
    std::move_only_function<void(ports::IdentityResult)> done;
  };
  struct Signer;

  void Work();
  ports::IdentityResult Get(core::MonotonicTime deadline);

  const Pkcs11Options options_;
  const ports::FileReader& files_;
  const std::shared_ptr<Signer> signer_;  // shared with the keys given out

  std::mutex mutex_;
  std::condition_variable wake_;
  std::optional<Wanted> wanted_;  // guarded by mutex_
  bool stopping_ = false;         // guarded by mutex_
  std::thread thread_;
};

}  // namespace baokms::adapters::certauth_pkcs11
