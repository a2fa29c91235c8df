#include "tests/support/etcd/etcd_cluster.h"

#include <nlohmann/json.hpp>

#include "tests/support/harness/free_port.h"
#include "tests/support/harness/harness_error.h"

namespace baokms::testing {
namespace {

using Json = nlohmann::json;

std::string NameOf(std::size_t member) { return "member-" + std::to_string(member); }

Json StatusOf(const EtcdUnderTest& member) {
  const Json status = Json::parse(member.ControlOutput({"endpoint", "status", "-w", "json"}));
  return status.at(0).at("Status");
}

}  // namespace

EtcdCluster::EtcdCluster() {
  std::array<std::string, kMembers> peers;
  std::string everyone;
  for (std::size_t i = 0; i < kMembers; ++i) {
    peers[i] = "http://127.0.0.1:" + std::to_string(FreePort());
    everyone += (i == 0 ? "" : ",") + NameOf(i) + "=" + peers[i];
  }
  for (std::size_t i = 0; i < kMembers; ++i) {
    members_[i] = EtcdUnderTest::LaunchMember(
        {"--name=" + NameOf(i), "--listen-peer-urls=" + peers[i],
         "--initial-advertise-peer-urls=" + peers[i], "--initial-cluster=" + everyone,
         "--initial-cluster-token=three", "--strict-reconfig-check=false"});
  }
  for (const auto& member : members_) member->WaitUp();
}

std::size_t EtcdCluster::Leader() const {
  for (std::size_t i = 0; i < kMembers; ++i) {
    const Json status = StatusOf(*members_[i]);
    if (status.at("leader") == status.at("header").at("member_id")) return i;
  }
  throw HarnessError("etcd has no leader");
}

void EtcdCluster::Remove(std::size_t member) {
  const auto id = StatusOf(*members_[member]).at("header").at("member_id").get<std::uint64_t>();
  std::string hex;
  for (std::uint64_t rest = id; rest != 0; rest >>= 4U) {
    hex.insert(hex.begin(), "0123456789abcdef"[rest & 15U]);
  }
  const EtcdUnderTest& other = *members_[(member + 1) % kMembers];
  if (other.Control({"member", "remove", hex}) != 0) throw HarnessError("no member was removed");
}

}  // namespace baokms::testing
