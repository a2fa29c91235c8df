// The memory of the process, which no page may fill, whatever etcd sends.
#include <doctest/doctest.h>

#include <cstdio>
#include <fstream>
#include <string>

#include "tests/adapters/etcd/reading.h"
#include "tests/support/etcd/etcd_under_test.h"

namespace baokms::adapters::etcd {
namespace {

constexpr long kMebibyte = 1024;  // in KiB, as the kernel counts

// Peak resident memory in KiB since the last ForgetPeak.
long Peak() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::stol(line.substr(6));
  }
  return 0;
}

void ForgetPeak() { std::ofstream("/proc/self/clear_refs") << "5"; }

TEST_CASE("Snapshot memory: a page far above the bound does not fill the memory") {
  if (testing::SkippedWithoutEtcd()) return;
  testing::EtcdUnderTest etcd;
  constexpr int kObjects = 400;
  for (int i = 0; i < kObjects; ++i) {
    etcd.Put({{"/registry/secrets/a/" + std::to_string(i), std::string(1'000'000, 'v')}});
  }
  ForgetPeak();
  const long before = Peak();
  int seen = 0;
  SnapshotOptions options;
  options.endpoints = {At(etcd.url())};
  CHECK(ReaderOf(std::move(options)).Read("/registry/", 500, [&](auto, auto) { ++seen; }));
  CHECK(seen == kObjects);
  const long used = Peak() - before;
  CAPTURE(used);
  CHECK(before > 0);
  CHECK(used < 200 * kMebibyte);
}

}  // namespace
}  // namespace baokms::adapters::etcd
