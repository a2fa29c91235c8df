// Everything that is checked before Transit sees a Decrypt, in the order of wire-contract.md
// ("Decrypt order"). Holding a ValidatedDecrypt is the proof that all of it ran.
#pragma once

#include <memory>

#include "core/model/key_view.h"
#include "core/model/kms_messages.h"

namespace baokms::core {

// Steps 1 to 3: the request by itself.
class WellFormedDecrypt {
 public:
  static Result<WellFormedDecrypt> Check(DecryptRequest request);
  const KeyId& key_id() const { return key_id_; }

 private:
  friend class ValidatedDecrypt;
  WellFormedDecrypt(DecryptRequest request, KeyId key_id)
      : request_(std::move(request)), key_id_(std::move(key_id)) {}
  DecryptRequest request_;
  KeyId key_id_;
};

// Steps 4 and 5: the request against the keys.
class ValidatedDecrypt {
 public:
  // UnknownKeyId() leaves `request` whole, for another look after a discovery.
  static Result<ValidatedDecrypt> Check(WellFormedDecrypt& request, const KeySet& keys);

  const Ciphertext& ciphertext() const { return ciphertext_; }
  // As they came, unknown ones included.
  const Annotations& annotations() const { return annotations_; }
  const KeyEntry& key() const { return *key_; }

 private:
  ValidatedDecrypt(Ciphertext ciphertext, Annotations annotations,
                   std::shared_ptr<const KeyEntry> key)
      : ciphertext_(std::move(ciphertext)),
        annotations_(std::move(annotations)),
        key_(std::move(key)) {}
  Ciphertext ciphertext_;
  Annotations annotations_;
  std::shared_ptr<const KeyEntry> key_;
};

}  // namespace baokms::core
