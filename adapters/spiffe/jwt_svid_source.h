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

namespace baokms::adapters::spiffe {

struct JwtSvidOptions {
  std::string socket;  // unix:// and an absolute path
  std::string spiffe_id;
  std::string audience;
};

// Asks the agent anew at each login, over a connection of its own.
class JwtSvidSource final : public ports::JwtSource {
 public:
  // `clock` outlives the source.
  JwtSvidSource(JwtSvidOptions options, const ports::Clock& clock);
  // A call under way completes with a failure.
  ~JwtSvidSource() override;
  JwtSvidSource(const JwtSvidSource&) = delete;
  JwtSvidSource& operator=(const JwtSvidSource&) = delete;

  void Fetch(core::MonotonicTime deadline,
             std::move_only_function<void(ports::JwtResult)> done) override;

 private:
  struct Call;

  void Ended(const std::shared_ptr<Call>& call);

  const JwtSvidOptions options_;
  const ports::Clock& clock_;
  std::mutex mutex_;
  std::condition_variable ended_;
  // Under way, or completing. More than one only while an earlier call's `done` has yet to return.
  int calls_ = 0;
  std::weak_ptr<Call> last_;
};

}  // namespace baokms::adapters::spiffe
