// OpenBao Transit, for one configured mount and key (wire-contract.md; openbao-observed.md).
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/model/aad.h"
#include "core/model/ciphertext.h"
#include "core/model/lane.h"
#include "core/model/openbao_token.h"
#include "core/model/secret.h"
#include "core/model/transit_key_metadata.h"
#include "core/model/transit_key_version.h"
#include "ports/completion.h"

namespace baokms::ports {

using TokenRef = std::shared_ptr<const core::HeldToken>;  // never null in a request

struct TransitEncryptRequest {
  core::Secret plaintext;  // not empty
  core::TransitKeyVersion version;
  std::shared_ptr<const core::Aad> aad;
  core::Lane lane = core::Lane::kEncrypt;
};

struct TransitDecryptRequest {
  core::Ciphertext ciphertext;
  std::shared_ptr<const core::Aad> aad;
  core::Lane lane = core::Lane::kDecrypt;
};

// Every request: any thread, never blocks. `deadline` bounds it whole (connecting, failover,
// reply); past it the completion gets DeadlineExceeded(). Errors are those of OpenBaoFailure(),
// InvalidOpenBaoReply(), DeadlineExceeded(), ConcurrencyLimit() and, after Shutdown began,
// ShuttingDown(). The pending call does not own the completion.
class TransitPort {
 public:
  virtual ~TransitPort() = default;

  // The ciphertext begins with "vault:v<request.version>:" and the reply named that version;
  // anything else is InvalidOpenBaoReply().
  virtual std::unique_ptr<PendingCall> Encrypt(TokenRef token, TransitEncryptRequest request,
                                               core::MonotonicTime deadline,
                                               Completion<core::Ciphertext> done) = 0;
  // The plaintext is not empty; an empty one is InvalidOpenBaoReply().
  virtual std::unique_ptr<PendingCall> Decrypt(TokenRef token, TransitDecryptRequest request,
                                               core::MonotonicTime deadline,
                                               Completion<core::Secret> done) = 0;
  virtual std::unique_ptr<PendingCall> ReadKeyMetadata(
      TokenRef token, core::MonotonicTime deadline, Completion<core::TransitKeyMetadata> done) = 0;
  // GET <mount>/config/keys: data.disable_upsert; a missing or non-boolean one is kUnavailable.
  virtual std::unique_ptr<PendingCall> ReadDisableUpsert(TokenRef token,
                                                         core::MonotonicTime deadline,
                                                         Completion<bool> done) = 0;
  // sys/capabilities-self: the capabilities by path, for exactly the paths asked.
  virtual std::unique_ptr<PendingCall> ReadCapabilities(
      TokenRef token, std::vector<std::string> paths, core::MonotonicTime deadline,
      Completion<std::map<std::string, std::vector<std::string>>> done) = 0;
};

}  // namespace baokms::ports
