// The driving port: what the gRPC adapter calls (wire-contract.md, "KMS v2 service").
#pragma once

#include <memory>

#include "core/model/kms_messages.h"
#include "ports/completion.h"

namespace baokms::ports {

template <typename T>
using KmsCompletion = CompletionWith<core::KmsOutcome<T>>;

class KmsService {
 public:
  virtual ~KmsService() = default;
  // From the published view: no I/O, no lock. Any thread.
  virtual core::StatusReply Status() = 0;
  // Any thread, never blocks: other callers wait meanwhile. Completes at the latest when
  // openbao.timeout is over. A caller that has gone abandons the pending call and drops the
  // outcome.
  virtual std::unique_ptr<PendingCall> Encrypt(core::Secret plaintext,
                                               KmsCompletion<core::EncryptReply> done) = 0;
  virtual std::unique_ptr<PendingCall> Decrypt(core::DecryptRequest request,
                                               KmsCompletion<core::DecryptReply> done) = 0;
};

}  // namespace baokms::ports
