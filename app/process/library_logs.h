// gRPC and protobuf write plain log lines of their own; ours are JSON and never carry their text.
#pragma once

namespace baokms::app {

// Before any gRPC or protobuf call.
void SilenceLibraryLogs();

}  // namespace baokms::app
