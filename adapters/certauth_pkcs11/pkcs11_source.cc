#include "adapters/certauth_pkcs11/pkcs11_source.h"

#include <atomic>
#include <utility>
#include <vector>

#include "adapters/certauth_pkcs11/certificate_file.h"
#include "adapters/certauth_pkcs11/forwarded_key.h"
#include "adapters/certauth_pkcs11/pin_file.h"
#include "adapters/certauth_pkcs11/pkcs11_advice.h"

namespace baokms::adapters::certauth_pkcs11 {

// What a key needs to sign, for as long as anyone holds it: a renewal presents the identity of its
// login, acquired long before.
struct Pkcs11Source::Signer {
  explicit Signer(TokenOptions options) : module(std::move(options)) {}

  std::optional<Bytes> Sign(SignatureRequest request) {
    auto signature = module.Ask<std::optional<Bytes>>(
        deadline, [request = std::move(request)](Token& token) { return token.Sign(request); });
    return signature ? *std::move(signature) : std::nullopt;
  }

  ModuleThread module;
  std::atomic<core::MonotonicTime> deadline{};
};

Pkcs11Source::Pkcs11Source(Pkcs11Options options, const ports::FileReader& files)
    : options_(std::move(options)),
      files_(files),
      signer_(std::make_shared<Signer>(options_.token)),
      thread_([this] { Work(); }) {}

Pkcs11Source::~Pkcs11Source() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  signer_->module.Stop();
  thread_.join();
}

void Pkcs11Source::Acquire(core::MonotonicTime deadline,
                           std::move_only_function<void(ports::IdentityResult)> done) {
  {
    const std::lock_guard lock(mutex_);
    wanted_ = Wanted{.deadline = deadline, .done = std::move(done)};
  }
  wake_.notify_one();
}

void Pkcs11Source::Work() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [&] { return stopping_ || wanted_; });
    if (!wanted_) return;
    Wanted wanted = *std::exchange(wanted_, std::nullopt);
    lock.unlock();
    wanted.done(Get(wanted.deadline));
    lock.lock();
  }
}

ports::IdentityResult Pkcs11Source::Get(core::MonotonicTime deadline) {
  signer_->deadline = deadline;
  auto chain = ReadCertificateFile(files_, options_.certificate_file);
  if (!chain) return std::unexpected(FailureOf(chain.error()));
  auto answer = signer_->module.Ask<OrProblem<KeyFacts>>(
      deadline, [pin = ReadPinFile(files_, options_.pin_file)](Token& token) mutable {
        return token.Key(std::move(pin));
      });
  if (!answer) return std::unexpected(FailureOf(Pkcs11Problem::kNoAnswer));
  if (!*answer) return std::unexpected(FailureOf(answer->error()));
  const KeyFacts& facts = **answer;
  // Whether the token's key is the certificate's is for the probe signature to tell then.
  const auto public_key = facts.public_key_der.empty()
                              ? PublicKeyOf(chain->front())
                              : OrProblem<std::string>(facts.public_key_der);
  if (!public_key) return std::unexpected(FailureOf(public_key.error()));
  auto key = MakeForwardedKey(*public_key, [signer = signer_](SignatureRequest request) {
    return signer->Sign(std::move(request));
  });
  if (!key) return std::unexpected(FailureOf(Pkcs11Problem::kTokenFailed));
  return std::make_shared<const core::ClientIdentity>(core::ClientIdentity{
      .chain_der = *std::move(chain), .key = std::move(key), .rsa_pss = facts.rsa_pss});
}

}  // namespace baokms::adapters::certauth_pkcs11
