// Additional authenticated data: the canonical JSON and what Transit takes of it, its standard
// base64 (wire-contract.md, "AAD"). Built by core/wire/aad.h alone.
#pragma once

#include <string>
#include <utility>

#include "core/text/base64.h"

namespace baokms::core {

class Aad {
 public:
  static Aad FromCanonicalJson(std::string json) { return Aad(std::move(json)); }

  const std::string& canonical_json() const { return json_; }
  // Transit's `associated_data`.
  const std::string& associated_data() const { return associated_data_; }

  friend bool operator==(const Aad&, const Aad&) = default;

 private:
  explicit Aad(std::string json) : json_(std::move(json)), associated_data_(Base64Encode(json_)) {}
  std::string json_;
  std::string associated_data_;
};

}  // namespace baokms::core
