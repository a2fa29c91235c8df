// Places of the RPCs under way (request-scheduling.md, "Places"): how many of each method there may
// be at once, and whose they are. A place outlives the server where its request does.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

#include "core/model/kms_messages.h"

namespace baokms::adapters::grpc_kms {

// Any thread.
class Places {
 public:
  struct Limits {
    std::size_t status = 16;
    std::size_t encrypt = 32;
    std::size_t decrypt = 64;
  };
  // Of each method, beyond its limit: for peers that hold none of its places.
  static constexpr std::size_t kExtra = 2;

  class Place;

  explicit Places(const Limits& limits);

  // None: all are taken. `uid`: the peer's; of an unknown one nobody can say that it holds none.
  std::optional<Place> Take(core::KmsMethod method, std::optional<uid_t> uid);

 private:
  struct Counts;
  std::shared_ptr<Counts> counts_;
};

// Free again when it is destroyed.
class Places::Place {
 public:
  Place(Place&& other) noexcept = default;
  Place& operator=(Place&& other) noexcept {
    std::swap(counts_, other.counts_);
    std::swap(method_, other.method_);
    std::swap(uid_, other.uid_);
    return *this;
  }
  ~Place();

 private:
  friend class Places;
  Place(std::shared_ptr<Counts> counts, core::KmsMethod method, std::optional<uid_t> uid)
      : counts_(std::move(counts)), method_(method), uid_(uid) {}

  std::shared_ptr<Counts> counts_;  // null: moved from
  core::KmsMethod method_;
  std::optional<uid_t> uid_;
};

}  // namespace baokms::adapters::grpc_kms
