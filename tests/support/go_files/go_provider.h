// The other provider's side of the socket, as far as a cluster sees it: KMS v2 with go_sealed.h
// behind it and go_state_file.h for what it knows.
#pragma once

#include <memory>
#include <string>

#include "tests/support/go_files/go_state_file.h"
#include "tests/support/harness/openbao_setup.h"

namespace baokms::testing {

class GoProvider {
 public:
  // Serves at once, with the active record of `state` for what is encrypted. `setup` outlives it.
  // Throws HarnessError when it cannot listen on `socket`.
  GoProvider(const OpenBaoSetup& setup, GoState state, std::string socket);
  // Ends the calls under way and takes the socket away.
  ~GoProvider();

  const std::string& key_id() const;  // of Status
  // Calls that worked. Any thread.
  int encrypts() const;
  int decrypts() const;

 private:
  struct Service;
  std::unique_ptr<Service> service_;
};

}  // namespace baokms::testing
