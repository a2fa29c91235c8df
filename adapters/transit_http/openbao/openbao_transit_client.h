// TransitPort over an HttpTransport: one mount, one key.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "adapters/transit_http/openbao/openbao_request.h"
#include "adapters/transit_http/openbao/transit_batch.h"
#include "ports/transit.h"

namespace baokms::adapters::transit_http {

class OpenBaoTransitClient final : public ports::TransitPort {
 public:
  struct Options {
    std::string mount_path;  // relative, without a leading '/'
    std::string key_name;
  };

  // May be destroyed before its requests complete; what `context` refers to may not.
  OpenBaoTransitClient(const Options& options, const OpenBaoRequestContext& context);

  std::unique_ptr<ports::PendingCall> Encrypt(ports::TokenRef token,
                                              ports::TransitEncryptRequest request,
                                              core::MonotonicTime deadline,
                                              ports::Completion<core::Ciphertext> done) override;
  std::unique_ptr<ports::PendingCall> Decrypt(ports::TokenRef token,
                                              ports::TransitDecryptRequest request,
                                              core::MonotonicTime deadline,
                                              ports::Completion<core::Secret> done) override;
  std::unique_ptr<ports::PendingCall> ReadKeyMetadata(
      ports::TokenRef token, core::MonotonicTime deadline,
      ports::Completion<core::TransitKeyMetadata> done) override;
  std::unique_ptr<ports::PendingCall> ReadDisableUpsert(ports::TokenRef token,
                                                        core::MonotonicTime deadline,
                                                        ports::Completion<bool> done) override;
  std::unique_ptr<ports::PendingCall> ReadCapabilities(
      ports::TokenRef token, std::vector<std::string> paths, core::MonotonicTime deadline,
      ports::Completion<std::map<std::string, std::vector<std::string>>> done) override;

 private:
  const std::string encrypt_path_;
  const std::string decrypt_path_;
  const std::string metadata_path_;
  const std::string key_config_path_;
  const OpenBaoRequestContext context_;
  const std::shared_ptr<const TransitBatch> encrypt_batch_;
  const std::shared_ptr<const TransitBatch> decrypt_batch_;
};

}  // namespace baokms::adapters::transit_http
