#include "app/serve/watched_transit.h"

#include <optional>
#include <utility>

namespace baokms::app {
namespace {

// While requests succeed so often, a probe that fails fails for a reason of its own: the next good
// request would say nothing new, and start a probe that fails again.
constexpr std::chrono::seconds kFlowing{2};

// OpenBao or the way to it failed, or its policy denied; not what the request itself is to blame
// for.
bool IsOutage(const core::Error& error) {
  const auto status = error.openbao_status();
  return status && *status != core::OpenBaoStatus::kInvalidRequest &&
         *status != core::OpenBaoStatus::kNotFound &&
         *status != core::OpenBaoStatus::kDecryptFailed &&
         *status != core::OpenBaoStatus::kCanceled;
}

}  // namespace

template <typename T>
ports::Completion<T> WatchedTransit::Watch(bool probe, ports::Completion<T> done) {
  return [this, probe, done = std::move(done)](core::Result<T> result) mutable {
    if (result) {
      Answered(probe);
    } else {
      Failed(probe, result.error());
    }
    done(std::move(result));
  };
}

void WatchedTransit::Failed(bool probe, const core::Error& error) {
  if (!IsOutage(error)) return;
  if (probe) {
    const core::MonotonicTime good = last_good_;
    if (good != core::MonotonicTime::min() && clock_.Now().monotonic - good < kFlowing) return;
  }
  failing_ = true;
}

// A probe's success is the keeper's to know.
void WatchedTransit::Answered(bool probe) {
  if (probe) return;
  last_good_ = clock_.Now().monotonic;
  if (failing_.load(std::memory_order_relaxed) && failing_.exchange(false)) answers_again_();
}

std::unique_ptr<ports::PendingCall> WatchedTransit::Encrypt(
    ports::TokenRef token, ports::TransitEncryptRequest request, core::MonotonicTime deadline,
    ports::Completion<core::Ciphertext> done) {
  const bool probe = request.lane == core::Lane::kProbe;
  return transit_.Encrypt(std::move(token), std::move(request), deadline,
                          Watch(probe, std::move(done)));
}

std::unique_ptr<ports::PendingCall> WatchedTransit::Decrypt(ports::TokenRef token,
                                                            ports::TransitDecryptRequest request,
                                                            core::MonotonicTime deadline,
                                                            ports::Completion<core::Secret> done) {
  const bool probe = request.lane == core::Lane::kProbe;
  return transit_.Decrypt(std::move(token), std::move(request), deadline,
                          Watch(probe, std::move(done)));
}

std::unique_ptr<ports::PendingCall> WatchedTransit::ReadKeyMetadata(
    ports::TokenRef token, core::MonotonicTime deadline,
    ports::Completion<core::TransitKeyMetadata> done) {
  return transit_.ReadKeyMetadata(std::move(token), deadline,
                                  Watch(/*probe=*/true, std::move(done)));
}

std::unique_ptr<ports::PendingCall> WatchedTransit::ReadDisableUpsert(
    ports::TokenRef token, core::MonotonicTime deadline, ports::Completion<bool> done) {
  return transit_.ReadDisableUpsert(std::move(token), deadline,
                                    Watch(/*probe=*/true, std::move(done)));
}

std::unique_ptr<ports::PendingCall> WatchedTransit::ReadCapabilities(
    ports::TokenRef token, std::vector<std::string> paths, core::MonotonicTime deadline,
    ports::Completion<std::map<std::string, std::vector<std::string>>> done) {
  return transit_.ReadCapabilities(std::move(token), std::move(paths), deadline, std::move(done));
}

}  // namespace baokms::app
