#include "tests/e2e/kubernetes/outage.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <sstream>
#include <thread>

namespace baokms::e2e {
namespace {

using Steady = std::chrono::steady_clock;

constexpr double kWritesGoOn = 180;  // kmsv2PluginWriteDEKSourceMaxTTL of kube-apiserver

// Seconds since 1970, as kube-apiserver's metrics have them.
double UnixTime() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// The last Status that had a key_id. Each of these lets kube-apiserver write for three minutes
// more, whatever else it says.
double LastKeyId(const ControlPlane& plane) {
  return plane.api
      .Metric("apiserver_envelope_encryption_key_id_hash_status_last_timestamp_seconds", {})
      .value_or(0);
}

testing::StatusAnswer AskStatus(const ControlPlane& plane) {
  testing::StatusAnswer answer = plane.provider->stub.Status(Milliseconds(1000));
  // kube-apiserver would take a key_id as a permission to go on.
  CHECK(answer.key_id.empty() == (answer.healthz != "ok"));
  return answer;
}

std::string Told(const testing::StatusAnswer& answer) {
  return answer.status.ok() ? answer.healthz : "no answer: " + answer.status.message;
}

// One after the other, a second apart, and how long the slowest took.
class Writer {
 public:
  explicit Writer(const ControlPlane& plane) : plane_(plane) {}
  // Whether it was written.
  bool WriteOne() {
    std::this_thread::sleep_for(Milliseconds(1000));
    const auto begun = Steady::now();
    last_ = plane_.WriteSecret("during-" + std::to_string(number_++));
    slowest_ = std::max(slowest_, SecondsSince(begun));
    return last_.status == 201;
  }
  const testing::HttpAnswer& last() const { return last_; }
  double slowest() const { return slowest_; }

 private:
  const ControlPlane& plane_;
  int number_ = 0;
  testing::HttpAnswer last_;
  double slowest_ = 0;
};

// Until writes are refused.
void Watch(ControlPlane& plane, const Outage& outage, Writer& writer) {
  const auto begun = Steady::now();
  outage.begin(plane);
  std::optional<double> unready, unhealthy;
  double unhealthy_at = 0;
  std::string told;
  REQUIRE(Eventually(Milliseconds(300000), [&] {
    plane.CheckReadable();
    // It has no part in the plugin: the kubelet must not restart kube-apiserver for it.
    CHECK(plane.api.Live());
    if (!unready && !plane.api.Ready()) unready = SecondsSince(begun);
    const testing::StatusAnswer status = AskStatus(plane);
    if (!unhealthy && status.healthz != "ok") {
      unhealthy = SecondsSince(begun);
      unhealthy_at = UnixTime();
      told = Told(status);
    }
    return !writer.WriteOne();
  }));
  const double refused_at = UnixTime();
  MESSAGE("Status: " << told << ", after " << unhealthy.value_or(0) << " s; /readyz fails after "
                     << unready.value_or(0) << " s; writes fail after " << SecondsSince(begun)
                     << " s, " << refused_at - LastKeyId(plane)
                     << " s after the last good Status: " << writer.last().status << " "
                     << writer.last().body << "; slowest write " << writer.slowest() << " s");
  CHECK(unready.has_value());
  REQUIRE(unhealthy.has_value());
  CHECK(LastKeyId(plane) <= unhealthy_at + 1);
  CHECK(refused_at - LastKeyId(plane) >= kWritesGoOn - 1);
  CHECK(refused_at - LastKeyId(plane) < kWritesGoOn + 15);
  CHECK(writer.last().status == 500);
  plane.CheckReadable();
}

void EndIt(ControlPlane& plane, const Outage& outage, Writer& writer) {
  const auto begun = Steady::now();
  outage.end(plane);
  const double took = SecondsSince(begun);
  REQUIRE(Eventually(Milliseconds(240000), [&] { return writer.WriteOne(); }));
  MESSAGE("writes work again " << SecondsSince(begun) << " s after the end, which took " << took
                               << " s");
  CHECK(Eventually(Milliseconds(60000), [&] { return plane.api.Ready() && plane.api.Live(); }));
  plane.CheckReadable();
}

// kube-apiserver starts in the outage and remembers nothing.
void RestartInIt(ControlPlane& plane, const Outage& outage, Writer& writer) {
  outage.begin(plane);
  REQUIRE(Eventually(Milliseconds(60000), [&] { return AskStatus(plane).healthz != "ok"; }));
  plane.api.Kill();
  plane.api.Launch();
  const auto begun = Steady::now();
  while (SecondsSince(begun) < 40) {
    CHECK_FALSE(plane.api.Ready());
    std::this_thread::sleep_for(Milliseconds(1000));
  }
  const testing::HttpAnswer read = plane.ReadSecret("object");
  CHECK(read.status != 200);
  const int unencrypted = plane.api.Ask("GET", "/api/v1/namespaces/app").status;
  const std::string live = plane.api.Live() ? "ok" : "not ok";
  MESSAGE("started in it, after 40 s: /livez is " << live << ", a namespace is answered with "
                                                  << unencrypted << ", a Secret with "
                                                  << read.status << " " << read.body);
  const auto over = Steady::now();
  outage.end(plane);
  const double took = SecondsSince(over);
  std::string last;
  const double ready = SecondsUntil(Milliseconds(240000), [&] { return IsReady(plane, last); });
  MESSAGE("started in it: ready " << took + ready << " s after the end, which took " << took
                                  << " s; last it lacked " << last);
  plane.CheckReadable();
  CHECK(writer.WriteOne());
}

// A plane whose objects are all encrypted; one object of each resource.
void Begin(ControlPlane& plane) {
  UseDefaultIntervals(plane);
  plane.Begin(plane.WritersOnly());
  plane.Create("object");
}

}  // namespace

bool IsReady(const ControlPlane& plane, std::string& lacks) {
  const testing::HttpAnswer answer = plane.api.Ask("GET", "/readyz");
  if (answer.status == 200) return true;
  std::istringstream lines(answer.body);
  std::string failed;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("[-]")) failed += line.substr(3, line.find(' ') - 3) + " ";
  }
  if (!failed.empty()) lacks = failed;
  return false;
}

void UseDefaultIntervals(ControlPlane& plane) {
  plane.provider.reset();
  for (const char* part : {"bootstrap", "status"}) plane.node.config.tree.erase(part);
  for (const char* field : {"loginBeforeTokenExpiry", "loginTimeout"}) {
    plane.node.config.tree["auth"].erase(field);
  }
  plane.node.config.tree["openbao"].erase("timeout");
  plane.node.config.Write();
  plane.provider.emplace(plane.node.config);
}

void CheckWritesStop(const Outage& outage) {
  ControlPlane plane;
  Begin(plane);
  Writer writer(plane);
  Watch(plane, outage, writer);
  EndIt(plane, outage, writer);
  RestartInIt(plane, outage, writer);
}

void CheckNothingIsSeen(const Outage& outage) {
  ControlPlane plane;
  Begin(plane);
  outage.begin(plane);
  const auto look = [&plane] {
    plane.CheckReadable();
    CHECK(plane.api.Live());
    CHECK(plane.api.Ready());
    CHECK(AskStatus(plane).healthz == "ok");
  };
  Writer writer(plane);
  for (const auto begun = Steady::now(); SecondsSince(begun) < kWritesGoOn + 60;) {
    look();
    CHECK(writer.WriteOne());
  }
  MESSAGE("slowest write " << writer.slowest() << " s");
  plane.api.Kill();
  plane.api.Launch();
  MESSAGE("started in it: ready after "
          << SecondsUntil(Milliseconds(90000), [&] { return plane.api.Ready(); }) << " s");
  look();
  CHECK(writer.WriteOne());
  outage.end(plane);
  look();
}

}  // namespace baokms::e2e
