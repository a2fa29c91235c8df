#include "core/rotation/metadata_read.h"

#include "core/transit/transit_attempt.h"

namespace baokms::core {
namespace {

using Done = std::move_only_function<void(MetadataOutcome)>;

class UpsertOperation {
 public:
  using Reply = bool;
  UpsertOperation(ports::TransitPort& transit, MonotonicTime deadline, TransitKeyMetadata metadata,
                  Done done)
      : transit_(&transit),
        deadline_(deadline),
        metadata_(std::move(metadata)),
        done_(std::move(done)) {}

  std::unique_ptr<ports::PendingCall> Call(ports::TokenRef token, ports::Completion<bool> done) {
    transit_->ReadDisableUpsert(std::move(token), deadline_, std::move(done));
    return nullptr;
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

class MetadataOperation {
 public:
  using Reply = TransitKeyMetadata;
  MetadataOperation(ports::TokenSource& tokens, ports::TransitPort& transit, MonotonicTime deadline,
                    Done done)
      : tokens_(&tokens), transit_(&transit), deadline_(deadline), done_(std::move(done)) {}

  std::unique_ptr<ports::PendingCall> Call(ports::TokenRef token, ports::Completion<Reply> done) {
    transit_->ReadKeyMetadata(std::move(token), deadline_, std::move(done));
    return nullptr;
  }
  void Finish(Result<TransitKeyMetadata> metadata) {
    if (!metadata) {
      return done_(MetadataReadFailed{Reason::kMetadataReadFailed, metadata.error()});
    }
    std::make_shared<TransitAttempt<UpsertOperation>>(
        *tokens_, deadline_,
        UpsertOperation(*transit_, deadline_, *std::move(metadata), std::move(done_)))
        ->Start();
  }

 private:
  ports::TokenSource* tokens_;
  ports::TransitPort* transit_;
  MonotonicTime deadline_;
  Done done_;
};

}  // namespace

void ReadTransitMetadata(ports::TokenSource& tokens, ports::TransitPort& transit,
                         MonotonicTime deadline, Done done) {
  std::make_shared<TransitAttempt<MetadataOperation>>(
      tokens, deadline, MetadataOperation(tokens, transit, deadline, std::move(done)))
      ->Start();
}

}  // namespace baokms::core
