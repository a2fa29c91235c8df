// Transit, watched for the ends of outages (request-scheduling.md, "Probes and recovery"): the
// first good reply to a request after failures says that OpenBao answers again.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/model/error.h"
#include "ports/clock.h"
#include "ports/transit.h"

namespace baokms::app {

class WatchedTransit final : public ports::TransitPort {
 public:
  // Both outlive this. `answers_again` is called on any thread, within a completion.
  WatchedTransit(ports::TransitPort& transit, const ports::Clock& clock,
                 std::function<void()> answers_again)
      : transit_(transit), clock_(clock), answers_again_(std::move(answers_again)) {}

  std::unique_ptr<ports::PendingCall> Encrypt(ports::TokenRef token,
                                              ports::TransitEncryptRequest request,
                                              core::MonotonicTime deadline,
                                              ports::Completion<core::Ciphertext> done) override;
  std::unique_ptr<ports::PendingCall> Decrypt(ports::TokenRef token,
                                              ports::TransitDecryptRequest request,
                                              core::MonotonicTime deadline,
                                              ports::Completion<core::Secret> done) override;
  std::unique_ptr<ports::PendingCall> ReadKeyMetadata(
      ports::TokenRef token, core::MonotonicTime deadline,
      ports::Completion<core::TransitKeyMetadata> done) override;
  std::unique_ptr<ports::PendingCall> ReadDisableUpsert(ports::TokenRef token,
                                                        core::MonotonicTime deadline,
                                                        ports::Completion<bool> done) override;
  std::unique_ptr<ports::PendingCall> ReadCapabilities(
      ports::TokenRef token, std::vector<std::string> paths, core::MonotonicTime deadline,
      ports::Completion<std::map<std::string, std::vector<std::string>>> done) override;

 private:
  template <typename T>
  ports::Completion<T> Watch(bool probe, ports::Completion<T> done);
  void Failed(bool probe, const core::Error& error);
  void Answered(bool probe);

  ports::TransitPort& transit_;
  const ports::Clock& clock_;
  const std::function<void()> answers_again_;
  std::atomic<bool> failing_ = false;
  std::atomic<core::MonotonicTime> last_good_ = core::MonotonicTime::min();
};

}  // namespace baokms::app
