// What a node answers to kube-apiserver at one moment, asked through the real TransitKmsService.
#pragma once

#include "core/model/key_view.h"
#include "core/model/time.h"
#include "tests/unit/model_check/identities.h"

namespace baokms::core::model_check {

struct Answers {
  bool healthy = false;
  Identity status_key = kNoIdentity;  // of the key_id that Status answers
  bool encrypts = false;              // a call to Transit was made
  int encrypt_version = 0;            // as sent to Transit
  Identity encrypt_key = kNoIdentity;
  IdentitySet decrypts = 0;   // ciphertexts of these reach Transit, at their own version
  IdentitySet discovers = 0;  // these ask for a discovery
};

Answers Ask(const KeyView& view, const ClockReading& now);

}  // namespace baokms::core::model_check
