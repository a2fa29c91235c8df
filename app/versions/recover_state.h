// `recover-state`: a state made anew where there is none, from what OpenBao lists and from what
// other nodes and etcd prove (registry-and-rotation.md, "Recovery").
#pragma once

#include <string>

#include "app/configuration/configuration_source.h"
#include "app/exit_code.h"
#include "app/versions/change_commands.h"
#include "app/versions/evidence.h"

namespace baokms::app {

struct RecoverRequest {
  // Its expected_state_hash is that of the state that the plan would write.
  ChangeRequest change;
  bool adopt = false;
  // Absolute paths; empty: not given. Without both of them, the plan says what is not known.
  std::string peer_state_file;
  std::string census_file;
  EvidenceBounds bounds;  // of the report in census_file
};

// Exit 3 for a configuration or a file of the flags that is refused; 4 with a line on standard
// error for each reason to refuse, and then nothing was printed or written.
ExitCode RecoverState(const ConfigurationRequest& request, const RecoverRequest& recover);

}  // namespace baokms::app
