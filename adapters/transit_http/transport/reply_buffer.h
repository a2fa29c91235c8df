// A reply body as it arrives: bounded by the bytes read, wiped whenever it moves or dies.
#pragma once

#include <cstddef>
#include <string_view>

#include "core/model/secret.h"

namespace baokms::adapters::transit_http {

class ReplyBuffer {
 public:
  // False, and nothing appended, when the whole would exceed `limit` bytes.
  [[nodiscard]] bool Append(std::string_view bytes, std::size_t limit);
  // The bytes, cut to their length; the buffer is empty afterwards.
  core::Secret Take();
  std::size_t size() const { return used_; }

 private:
  core::Secret memory_;
  std::size_t used_ = 0;
};

}  // namespace baokms::adapters::transit_http
