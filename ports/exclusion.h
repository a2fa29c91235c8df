// One thread at a time: for state that requests on several threads change together and that no
// stepped machine on the control loop may hold up (architecture.md, "Who may change what").
#pragma once

namespace baokms::ports {

// Any thread. Between the two are a few steps in memory: no port is called there and no completion,
// so nobody waits longer than such steps take.
class Exclusion {
 public:
  virtual ~Exclusion() = default;
  // Waits for the thread that is inside. Never by a thread that is inside itself.
  virtual void Enter() = 0;
  // By the thread that entered.
  virtual void Leave() = 0;
};

}  // namespace baokms::ports
