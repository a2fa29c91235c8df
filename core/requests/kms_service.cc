#include "core/requests/kms_service.h"

#include "core/requests/decrypt_validation.h"
#include "core/rotation/status.h"
#include "core/text/base64.h"
#include "core/transit/transit_request.h"
#include "core/wire/transit_ciphertext.h"

namespace baokms::core {
namespace {

// What is answered at once: there is nothing left to abandon.
class Answered final : public ports::PendingCall {
 public:
  void Abandon() override {}
};

class EncryptSender {
 public:
  using Reply = Ciphertext;
  static constexpr OpenBaoOperation kOperation = OpenBaoOperation::kTransitEncrypt;
  EncryptSender(ports::TransitPort& transit, MonotonicTime deadline, Secret plaintext,
                std::shared_ptr<const KeyEntry> key, ports::KmsCompletion<EncryptReply> done)
      : transit_(&transit),
        deadline_(deadline),
        plaintext_(std::move(plaintext)),
        key_(std::move(key)),
        done_(std::move(done)) {}

  std::unique_ptr<ports::PendingCall> Send(ports::TokenRef token, ports::Completion<Reply> done) {
    return transit_->Encrypt(
        std::move(token),
        {.plaintext = plaintext_.Clone(), .version = key_->snapshot.version, .aad = key_->aad},
        deadline_, std::move(done));
  }

  void Finish(Result<Ciphertext> reply) {
    const std::size_t sent = plaintext_.size();
    plaintext_ = Secret();
    done_({.result = Answer(std::move(reply), sent),
           .key_id_hash = key_->key_id_hash,
           .transit_key_version = key_->snapshot.version.number()});
  }

 private:
  // Nothing is written to etcd that a later Decrypt would refuse.
  Result<EncryptReply> Answer(Result<Ciphertext> reply, std::size_t plaintext_bytes) const {
    if (!reply) return std::unexpected(reply.error());
    if (reply->bytes().size() > kMaxCiphertextBytes) return std::unexpected(ReplyTooLarge());
    if (PlaintextBytesOf(reply->bytes(), key_->snapshot.version) != plaintext_bytes) {
      return std::unexpected(InvalidOpenBaoReply());
    }
    return EncryptReply{.ciphertext = *std::move(reply),
                        .key_id = key_->snapshot.key_id,
                        .annotations = key_->annotations};
  }

  ports::TransitPort* transit_;
  MonotonicTime deadline_;
  Secret plaintext_;
  std::shared_ptr<const KeyEntry> key_;
  ports::KmsCompletion<EncryptReply> done_;
};

template <typename T>
std::unique_ptr<ports::PendingCall> AnswerAtOnce(ports::KmsCompletion<T>& done, Error error) {
  done({.result = std::unexpected(error), .key_id_hash = {}});
  return std::make_unique<Answered>();
}

// A Decrypt whose key_id was unknown: it waits for one discovery and looks once more.
class AwaitingDiscovery : public std::enable_shared_from_this<AwaitingDiscovery> {
 public:
  AwaitingDiscovery(TransitKmsService::Ports ports, std::shared_ptr<SharedDecrypts> decrypts,
                    MonotonicTime deadline, std::shared_ptr<WorkUnderWay> work,
                    WellFormedDecrypt request, ports::KmsCompletion<DecryptReply> done)
      : ports_(ports),
        decrypts_(std::move(decrypts)),
        deadline_(deadline),
        work_(std::move(work)),
        request_(std::move(request)),
        done_(std::move(done)) {}

  void Start() {
    work_->Add(ports_.discovery.Discover(
        request_.key_id(), deadline_,
        [self = shared_from_this()](Result<void> found) { self->After(std::move(found)); }));
  }

 private:
  void After(Result<void> found) {
    if (!found) return Fail(found.error());
    if (work_->abandoned()) return Fail(Cancelled());
    const auto view = ports_.view.Load();
    if (!view->keys) return Fail(UnknownKeyId());
    auto valid = ValidatedDecrypt::Check(request_, *view->keys);
    if (!valid) return Fail(valid.error());
    work_->Add(decrypts_->Decrypt(*std::move(valid), deadline_, std::move(done_)));
  }
  void Fail(Error error) { done_({.result = std::unexpected(error), .key_id_hash = {}}); }

  TransitKmsService::Ports ports_;
  std::shared_ptr<SharedDecrypts> decrypts_;
  MonotonicTime deadline_;
  std::shared_ptr<WorkUnderWay> work_;
  WellFormedDecrypt request_;
  ports::KmsCompletion<DecryptReply> done_;
};

}  // namespace

std::size_t MaxPlaintextBytes(TransitKeyVersion version) {
  const std::size_t body = kMaxCiphertextBytes - CiphertextPrefix(version).size();
  return body / 4 * 3 - kCiphertextOverhead;
}

TransitKmsService::TransitKmsService(Ports ports, Duration budget)
    : ports_(ports),
      budget_(budget),
      decrypts_(std::make_shared<SharedDecrypts>(
          SharedDecrypts::Ports{ports.clock, ports.tokens, ports.transit, ports.exclusion,
                                ports.alarm},
          budget)) {}

StatusReply TransitKmsService::Status() {
  const auto view = ports_.view.Load();
  if (!IsHealthy(*view, ports_.clock.Now().boot)) return {};
  return {.healthy = true, .key_id = view->keys->active->snapshot.key_id.str()};
}

std::unique_ptr<ports::PendingCall> TransitKmsService::Encrypt(
    Secret plaintext, ports::KmsCompletion<EncryptReply> done) {
  if (plaintext.empty()) return AnswerAtOnce(done, EmptyPlaintext());
  const ClockReading now = ports_.clock.Now();
  const auto view = ports_.view.Load();
  if (!IsHealthy(*view, now.boot)) return AnswerAtOnce(done, StatusNotHealthy());
  std::shared_ptr<const KeyEntry> key = view->keys->active;
  if (plaintext.size() > MaxPlaintextBytes(key->snapshot.version)) {
    return AnswerAtOnce(done, ReplyTooLarge());
  }
  const MonotonicTime deadline = now.monotonic + budget_;
  auto work = std::make_shared<WorkUnderWay>();
  std::make_shared<TransitRequest<EncryptSender>>(
      ports_.tokens, deadline, work,
      EncryptSender(ports_.transit, deadline, std::move(plaintext), std::move(key),
                    std::move(done)))
      ->Start();
  return HandleOf(std::move(work));
}

std::unique_ptr<ports::PendingCall> TransitKmsService::Decrypt(
    DecryptRequest request, ports::KmsCompletion<DecryptReply> done) {
  auto well_formed = WellFormedDecrypt::Check(std::move(request));
  if (!well_formed) return AnswerAtOnce(done, well_formed.error());
  const auto view = ports_.view.Load();
  // Health plays no part: known keys decrypt while Status is unhealthy.
  if (!view->keys) return AnswerAtOnce(done, StatusNotHealthy());
  auto valid = ValidatedDecrypt::Check(*well_formed, *view->keys);
  if (valid) {
    return decrypts_->Decrypt(*std::move(valid), MonotonicTime::max(), std::move(done));
  }
  const bool unknown = valid.error() == UnknownKeyId();
  if (!unknown || view->keys->refused.contains(well_formed->key_id().str())) {
    return AnswerAtOnce(done, valid.error());
  }
  const MonotonicTime deadline = ports_.clock.Now().monotonic + budget_;
  auto work = std::make_shared<WorkUnderWay>();
  std::make_shared<AwaitingDiscovery>(ports_, decrypts_, deadline, work, *std::move(well_formed),
                                      std::move(done))
      ->Start();
  return HandleOf(std::move(work));
}

}  // namespace baokms::core
