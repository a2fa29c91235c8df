#include "core/rotation/metadata_read.h"

#include "core/transit/transit_request.h"

namespace baokms::core {
namespace {

using Done = std::move_only_function<void(MetadataOutcome)>;

class UpsertSender {
 public:
  using Reply = bool;
  static constexpr OpenBaoOperation kOperation = OpenBaoOperation::kTransitDisableUpsertRead;
  UpsertSender(ports::TransitPort& transit, MonotonicTime deadline, TransitKeyMetadata metadata,
               Done done)
      : transit_(&transit),
        deadline_(deadline),
        metadata_(std::move(metadata)),
        done_(std::move(done)) {}

  std::unique_ptr<ports::PendingCall> Send(ports::TokenRef token, ports::Completion<bool> done) {
    return transit_->ReadDisableUpsert(std::move(token), deadline_, std::move(done));
  }
  void Finish(Result<bool> disabled) {
    if (!disabled) return done_(MetadataReadFailed{Reason::kUpsertCheckFailed, disabled.error()});
    done_(MetadataRead{.metadata = std::move(metadata_), .disable_upsert = *disabled});
  }

 private:
  ports::TransitPort* transit_;
  MonotonicTime deadline_;
  TransitKeyMetadata metadata_;
  Done done_;
};

class MetadataSender {
 public:
  using Reply = TransitKeyMetadata;
  static constexpr OpenBaoOperation kOperation = OpenBaoOperation::kTransitMetadataRead;
  MetadataSender(ports::TokenSource& tokens, ports::TransitPort& transit, MonotonicTime deadline,
                 std::shared_ptr<WorkUnderWay> work, Done done)
      : tokens_(&tokens),
        transit_(&transit),
        deadline_(deadline),
        work_(std::move(work)),
        done_(std::move(done)) {}

  std::unique_ptr<ports::PendingCall> Send(ports::TokenRef token, ports::Completion<Reply> done) {
    return transit_->ReadKeyMetadata(std::move(token), deadline_, std::move(done));
  }
  void Finish(Result<TransitKeyMetadata> metadata) {
    if (!metadata) {
      return done_(MetadataReadFailed{Reason::kMetadataReadFailed, metadata.error()});
    }
    std::make_shared<TransitRequest<UpsertSender>>(
        *tokens_, deadline_, std::move(work_),
        UpsertSender(*transit_, deadline_, *std::move(metadata), std::move(done_)))
        ->Start();
  }

 private:
  ports::TokenSource* tokens_;
  ports::TransitPort* transit_;
  MonotonicTime deadline_;
  std::shared_ptr<WorkUnderWay> work_;
  Done done_;
};

}  // namespace

std::unique_ptr<ports::PendingCall> ReadTransitMetadata(ports::TokenSource& tokens,
                                                        ports::TransitPort& transit,
                                                        MonotonicTime deadline, Done done) {
  auto work = std::make_shared<WorkUnderWay>();
  std::make_shared<TransitRequest<MetadataSender>>(
      tokens, deadline, work, MetadataSender(tokens, transit, deadline, work, std::move(done)))
      ->Start();
  return HandleOf(std::move(work));
}

}  // namespace baokms::core
