// The JWT of a login from a SPIFFE Workload API (auth.md, "source spiffe").
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "core/model/time.h"
#include "ports/clock.h"
#include "ports/jwt_source.h"

namespace grpc {
class Status;
}

namespace baokms::adapters::spiffe {

struct JwtSvidOptions {
  std::string socket;  // unix:// and an absolute path
  std::string spiffe_id;
  std::string audience;
};

// Asks the agent again at each login, over a connection of its own.
class JwtSvidSource final : public ports::JwtSource {
 public:
  // `clock` outlives the source.
  JwtSvidSource(JwtSvidOptions options, const ports::Clock& clock);
  // A call under way completes with a failure.
  ~JwtSvidSource() override;
  JwtSvidSource(const JwtSvidSource&) = delete;
  JwtSvidSource& operator=(const JwtSvidSource&) = delete;

  // Not from within `done` of an earlier call, whose return it awaits.
  void Fetch(core::MonotonicTime deadline,
             std::move_only_function<void(ports::JwtResult)> done) override;

 private:
  struct Call;

  void Ended(const grpc::Status& status);

  const JwtSvidOptions options_;
  const ports::Clock& clock_;
  std::mutex mutex_;
  std::condition_variable ended_;
  bool under_way_ = false;
  // The last one, ended or not. It is never gRPC's threads that let go of it: with the last of all
  // channels they would end, and wait for themselves.
  std::unique_ptr<Call> call_;
};

}  // namespace baokms::adapters::spiffe
