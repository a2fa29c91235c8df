// A real etcd of three members on loopback.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>

#include "tests/support/etcd/etcd_under_test.h"

namespace baokms::testing {

// Throws HarnessError when it does not come up. One thread.
class EtcdCluster {
 public:
  static constexpr std::size_t kMembers = 3;

  EtcdCluster();

  EtcdUnderTest& operator[](std::size_t member) { return *members_[member]; }
  std::size_t Leader() const;
  // Takes a member out of the cluster, as `etcdctl member remove` does; its process goes on.
  void Remove(std::size_t member);

 private:
  std::array<std::unique_ptr<EtcdUnderTest>, kMembers> members_;
};

}  // namespace baokms::testing
