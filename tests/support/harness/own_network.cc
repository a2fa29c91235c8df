#include "tests/support/harness/own_network.h"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <chrono>
#include <sstream>
#include <vector>

#include "tests/support/harness/child_process.h"
#include "tests/support/harness/harness_error.h"

namespace baokms::testing {
namespace {

using namespace std::chrono_literals;

void Do(const std::string& command) {
  std::vector<std::string> words;
  std::istringstream in(command);
  for (std::string word; in >> word;) words.push_back(word);
  ChildProcess process({.argv = words});
  if (process.Wait(10s) != ExitStatus{.code = 0}) throw HarnessError("failed: " + command);
}

std::string CableOf(int number) { return "cable" + std::to_string(number); }

}  // namespace

std::string OwnNetwork::WhatIsMissing() {
  for (const char* program : {"ip -V", "unshare --net true", "nsenter --version"}) {
    try {
      Do(program);
    } catch (const HarnessError&) {
      return std::string("cannot run `") + program + "`";
    }
  }
  return "";
}

OwnNetwork::OwnNetwork() : before_(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)) {
  if (before_ < 0 || unshare(CLONE_NEWNET) != 0) throw HarnessError("no network namespace");
  Do("ip link set lo up");
  Do("ip link add bridge type bridge");
  Do("ip addr add 10.231.0.1/24 dev bridge");
  Do("ip link set bridge up");
}

OwnNetwork::~OwnNetwork() {
  setns(before_, CLONE_NEWNET);
  close(before_);
}

std::string OwnNetwork::AddressOf(int number) { return "10.231.0." + std::to_string(10 + number); }

void OwnNetwork::Connect(pid_t process, int number) {
  const std::string pid = std::to_string(process);
  // The same at each start: the others remember it.
  const std::string mac = "02:00:00:00:01:" + std::to_string(10 + number % 90);
  Do("ip link add " + CableOf(number) + " type veth peer name eth0 address " + mac + " netns " +
     pid);
  Do("nsenter -t " + pid + " -n ip link set lo up");
  Do("nsenter -t " + pid + " -n ip addr add " + AddressOf(number) + "/24 dev eth0");
  Do("nsenter -t " + pid + " -n ip link set eth0 up");
  Do("ip link set " + CableOf(number) + " up");
  PlugIn(number);
}

void OwnNetwork::PullCable(int number) { Do("ip link set " + CableOf(number) + " nomaster"); }

void OwnNetwork::PlugIn(int number) { Do("ip link set " + CableOf(number) + " master bridge"); }

}  // namespace baokms::testing
