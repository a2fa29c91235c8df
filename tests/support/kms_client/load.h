// Calls over the socket, timed.
#pragma once

#include <grpcpp/support/status.h>

#include <string>
#include <vector>

#include "adapters/grpc_kms/kms.pb.h"
#include "tests/support/kms_client/arguments.h"

namespace baokms::testing {

struct Outcome {
  std::size_t ok = 0;
  std::size_t failed = 0;
  grpc::Status first_failure;
  double seconds = 0;              // of the whole run
  std::vector<double> status_ms;   // sorted
  std::vector<double> encrypt_ms;  // sorted
  std::vector<double> decrypt_ms;  // sorted
  v2::StatusResponse status;       // the last
  v2::EncryptResponse sealed;      // the last; an input for decrypt
  std::string plaintext;           // the last one decrypted
};

// `sealed` is what decrypt sends. Runs to the end whatever fails.
Outcome RunLoad(const Arguments& arguments, const v2::EncryptResponse& sealed);

// 0 without samples. `sorted` ascending, 0 <= share <= 1.
double Percentile(const std::vector<double>& sorted, double share);

}  // namespace baokms::testing
