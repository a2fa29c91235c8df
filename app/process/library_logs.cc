#include "app/process/library_logs.h"

#include <google/protobuf/stubs/logging.h>
#include <grpc/support/log.h>

namespace baokms::app {

void SilenceLibraryLogs() {
  gpr_set_log_function([](gpr_log_func_args*) {});
  google::protobuf::SetLogHandler(nullptr);
}

}  // namespace baokms::app
