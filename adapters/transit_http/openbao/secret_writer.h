// Fills a wiped buffer whose size was computed before.
#pragma once

#include <algorithm>
#include <string_view>

#include "core/model/secret.h"
#include "core/text/base64.h"

namespace baokms::adapters::transit_http {

class SecretWriter {
 public:
  // `out` must hold all that is written and outlive this.
  explicit SecretWriter(core::Secret& out) : next_(out.MutableBytes().data()) {}
  void Text(std::string_view text) { next_ = std::ranges::copy(text, next_).out; }
  void Base64(std::string_view bytes) {
    core::Base64EncodeTo(bytes, next_);
    next_ += core::Base64Length(bytes.size());
  }

 private:
  char* next_;
};

}  // namespace baokms::adapters::transit_http
