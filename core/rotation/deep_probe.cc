#include "core/rotation/deep_probe.h"

#include "core/model/kms_messages.h"
#include "core/transit/transit_request.h"
#include "core/wire/aad.h"
#include "core/wire/transit_ciphertext.h"

namespace baokms::core {
namespace {

constexpr std::size_t kProbeBytes = 32;

// What both halves share.
struct Probe {
  ports::TokenSource* tokens;
  ports::TransitPort* transit;
  TransitKeyVersion version;
  MonotonicTime deadline;
  std::shared_ptr<WorkUnderWay> work;
  std::shared_ptr<const Aad> aad;
  Secret plaintext;
  std::move_only_function<void(DeepProbeFinished)> done;

  void Fail(const Error& error) {
    const bool wrong = error == InvalidOpenBaoReply();
    done({.result = wrong ? DeepResult::kInvalid : DeepResult::kFailed, .error = error});
  }
};

class ProbeDecryptSender {
 public:
  using Reply = Secret;
  static constexpr OpenBaoOperation kOperation = OpenBaoOperation::kTransitDecrypt;
  ProbeDecryptSender(Probe probe, Ciphertext ciphertext)
      : probe_(std::move(probe)), ciphertext_(std::move(ciphertext)) {}

  std::unique_ptr<ports::PendingCall> Send(ports::TokenRef token, ports::Completion<Secret> done) {
    return probe_.transit->Decrypt(
        std::move(token), {.ciphertext = ciphertext_, .aad = probe_.aad, .lane = Lane::kProbe},
        probe_.deadline, std::move(done));
  }
  void Finish(Result<Secret> reply) {
    if (!reply) return probe_.Fail(reply.error());
    const bool same = reply->ExposeSecret() == probe_.plaintext.ExposeSecret();
    probe_.done({.result = same ? DeepResult::kOk : DeepResult::kInvalid, .error = std::nullopt});
  }

 private:
  Probe probe_;
  Ciphertext ciphertext_;
};

class ProbeEncryptSender {
 public:
  using Reply = Ciphertext;
  static constexpr OpenBaoOperation kOperation = OpenBaoOperation::kTransitEncrypt;
  explicit ProbeEncryptSender(Probe probe) : probe_(std::move(probe)) {}

  std::unique_ptr<ports::PendingCall> Send(ports::TokenRef token,
                                           ports::Completion<Ciphertext> done) {
    return probe_.transit->Encrypt(std::move(token),
                                   {.plaintext = probe_.plaintext.Clone(),
                                    .version = probe_.version,
                                    .aad = probe_.aad,
                                    .lane = Lane::kProbe},
                                   probe_.deadline, std::move(done));
  }
  void Finish(Result<Ciphertext> reply) {
    if (!reply) return probe_.Fail(reply.error());
    if (reply->bytes().size() > kMaxCiphertextBytes ||
        PlaintextBytesOf(reply->bytes(), probe_.version) != kProbeBytes) {
      return probe_.done({.result = DeepResult::kInvalid, .error = std::nullopt});
    }
    ports::TokenSource& tokens = *probe_.tokens;
    const MonotonicTime deadline = probe_.deadline;
    std::shared_ptr<WorkUnderWay> work = std::move(probe_.work);
    std::make_shared<TransitRequest<ProbeDecryptSender>>(
        tokens, deadline, std::move(work), ProbeDecryptSender(std::move(probe_), *std::move(reply)))
        ->Start();
  }

 private:
  Probe probe_;
};

}  // namespace

std::unique_ptr<ports::PendingCall> ProbeDeeply(
    ports::TokenSource& tokens, ports::TransitPort& transit, ports::Random& random,
    TransitKeyVersion version, MonotonicTime deadline,
    std::move_only_function<void(DeepProbeFinished)> done) {
  auto work = std::make_shared<WorkUnderWay>();
  Secret plaintext = Secret::OfSize(kProbeBytes);
  random.Fill(plaintext.MutableBytes());
  std::make_shared<TransitRequest<ProbeEncryptSender>>(
      tokens, deadline, work,
      ProbeEncryptSender({.tokens = &tokens,
                          .transit = &transit,
                          .version = version,
                          .deadline = deadline,
                          .work = work,
                          .aad = std::make_shared<const Aad>(ProbeAad()),
                          .plaintext = std::move(plaintext),
                          .done = std::move(done)}))
      ->Start();
  return HandleOf(std::move(work));
}

}  // namespace baokms::core
