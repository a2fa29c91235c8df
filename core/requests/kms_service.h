// The KMS v2 use cases over the ports: Status, Encrypt, Decrypt (wire-contract.md, "KMS v2
// service"). Holds no state of its own but the decrypts under way: a request loads the published
// view once and validates against it.
#pragma once

#include <memory>

#include "core/model/time.h"
#include "core/requests/shared_decrypts.h"
#include "ports/alarm.h"
#include "ports/clock.h"
#include "ports/exclusion.h"
#include "ports/key_discovery.h"
#include "ports/key_view_source.h"
#include "ports/kms_service.h"
#include "ports/token_source.h"
#include "ports/transit.h"

namespace baokms::core {

// The longest plaintext whose ciphertext fits a reply at `version`: 731 bytes at a one-digit one.
std::size_t MaxPlaintextBytes(TransitKeyVersion version);

class TransitKmsService final : public ports::KmsService {
 public:
  struct Ports {
    const ports::Clock& clock;
    const ports::KeyViewSource& view;
    ports::TokenSource& tokens;
    ports::TransitPort& transit;
    ports::KeyDiscovery& discovery;
    ports::Exclusion& exclusion;
    ports::Alarm& alarm;
  };
  // `budget`: openbao.timeout, which bounds one Encrypt or Decrypt whole. The ports outlive the
  // service and every request under way.
  TransitKmsService(Ports ports, Duration budget);

  StatusReply Status() override;
  std::unique_ptr<ports::PendingCall> Encrypt(Secret plaintext,
                                              ports::KmsCompletion<EncryptReply> done) override;
  std::unique_ptr<ports::PendingCall> Decrypt(DecryptRequest request,
                                              ports::KmsCompletion<DecryptReply> done) override;

 private:
  Ports ports_;
  Duration budget_;
  std::shared_ptr<SharedDecrypts> decrypts_;
};

}  // namespace baokms::core
