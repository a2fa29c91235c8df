// The one thread that calls the module, because a module may hang: whoever asks waits on a
// condition, never in the module (libraries.md, "PKCS#11").
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "adapters/certauth_pkcs11/token.h"
#include "core/model/time.h"

namespace baokms::adapters::certauth_pkcs11 {

// Any thread but its own. One job at a time; one that its asker gave up runs on, and the next waits
// for it within its own deadline: no second thread is ever started beside a hanging one.
class ModuleThread {
 public:
  explicit ModuleThread(TokenOptions options);
  ~ModuleThread() { Stop(); }
  ModuleThread(const ModuleThread&) = delete;
  ModuleThread& operator=(const ModuleThread&) = delete;

  // What `job` answers; nullopt when it had not by the deadline, or after Stop. `job` owns all it
  // uses: it may outlive the asker, and this object.
  template <typename Answer>
  std::optional<Answer> Ask(core::MonotonicTime deadline,
                            std::move_only_function<Answer(Token&)> job) {
    auto answer = std::make_shared<std::optional<Answer>>();
    const bool finished = Run(
        deadline, [answer, job = std::move(job)](Token& token) mutable { *answer = job(token); });
    return finished ? std::move(*answer) : std::nullopt;
  }

  // Who waits is answered at once. Ends the thread, or leaves it behind when the module does not
  // come back within a second. Idempotent; any thread.
  void Stop();

 private:
  using Job = std::move_only_function<void(Token&)>;
  struct Shared;

  bool Run(core::MonotonicTime deadline, Job job);
  static void Work(const std::shared_ptr<Shared>& shared, TokenOptions options);

  const std::shared_ptr<Shared> shared_;
  std::thread thread_;
};

}  // namespace baokms::adapters::certauth_pkcs11
