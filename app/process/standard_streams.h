// Standard input, output and error as the program finds them.
#pragma once

#include "app/exit_code.h"

namespace baokms::app {

// A stream that is closed would lend its number to the next file that is opened, the key registry
// say, and reports would be written into that. Takes the number with a file that refuses to be
// used. Before anything is opened.
void OccupyClosedStreams();

// Everything printed is out, or this says on standard error that it is not: what a full disk
// swallowed must not look like success. kOther in place of kOk then.
ExitCode FinishOutput(ExitCode code);

}  // namespace baokms::app
