// A value as kube-apiserver's KMS v2 envelope stores it, with contents that nobody can decrypt.
#pragma once

#include <cstddef>
#include <string>

namespace baokms::testing {

struct StoredEnvelope {
  std::string provider_name = "openbao";
  std::string key_id;
  std::size_t data_bytes = 64;
};

std::string ValueOf(const StoredEnvelope& envelope);

// A well-formed key_id of no Transit key, another for each number.
std::string KeyIdNumber(int number);

}  // namespace baokms::testing
