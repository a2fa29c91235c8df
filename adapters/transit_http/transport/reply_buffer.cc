#include "adapters/transit_http/transport/reply_buffer.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace baokms::adapters::transit_http {
namespace {
// Holds every single-item Transit reply, so an ordinary one never grows.
constexpr std::size_t kFirstCapacity = 4096;
}  // namespace

bool ReplyBuffer::Append(std::string_view bytes, std::size_t limit) {
  if (used_ > limit || bytes.size() > limit - used_) return false;
  if (bytes.empty()) return true;
  const std::size_t needed = used_ + bytes.size();
  if (needed > memory_.size()) {
    core::Secret grown =
        core::Secret::OfSize(std::max({needed, memory_.size() * 2, kFirstCapacity}));
    if (used_ > 0) std::memcpy(grown.MutableBytes().data(), memory_.ExposeSecret().data(), used_);
    memory_ = std::move(grown);
  }
  std::memcpy(memory_.MutableBytes().data() + used_, bytes.data(), bytes.size());
  used_ = needed;
  return true;
}

core::Secret ReplyBuffer::Take() {
  memory_.Truncate(std::exchange(used_, 0));
  return std::exchange(memory_, core::Secret());
}

}  // namespace baokms::adapters::transit_http
