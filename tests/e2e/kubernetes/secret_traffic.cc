#include "tests/e2e/kubernetes/secret_traffic.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <utility>

#include "core/text/base64.h"

namespace baokms::e2e {
namespace {

using testing::HttpAnswer;

constexpr const char* kSecretsPath = "/api/v1/namespaces/app/secrets";
constexpr Milliseconds kBetweenWrites{60};
constexpr Milliseconds kBetweenReads{25};

std::string NumberedValue(const std::string& name, long number) {
  return core::Base64Encode(name + "." + std::to_string(number));
}

// Whether it is the Secret, as one of the writes `oldest` to `newest` left it.
bool Holds(const HttpAnswer& answer, const std::string& name, long oldest, long newest) {
  if (answer.status != 200) return false;
  const Json object = Json::parse(answer.body, nullptr, false);
  if (!object.is_object() || !object.contains("data")) return false;
  const std::string value = object.at("data").value("value", "");
  for (long number = oldest; number <= newest; ++number) {
    if (value == NumberedValue(name, number)) return true;
  }
  return false;
}

}  // namespace

SecretTraffic::SecretTraffic(const ControlPlaneNodes& nodes) {
  for (const auto& node : nodes) servers_.push_back(std::make_unique<Server>(node->api));
  for (std::size_t node = 0; node < nodes.size(); ++node) {
    threads_.emplace_back([this, node] { Write(node); });
    threads_.emplace_back([this, node] { Read(node); });
  }
}

SecretTraffic::Figures SecretTraffic::Take() {
  const std::scoped_lock lock(mutex_);
  return std::exchange(figures_, Figures{});
}

std::unique_lock<std::shared_mutex> SecretTraffic::TakeAway(std::size_t node) {
  return std::unique_lock(servers_[node]->away);
}

void SecretTraffic::Stop() {
  stop_ = true;
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void SecretTraffic::ReadEverything() {
  for (const auto& server : servers_) {
    for (std::size_t secret = 0; secret < secrets_.size(); ++secret) ReadOnce(server->api, secret);
  }
}

// Every other write makes a Secret; the others change one of this client's own, so that it knows
// which of two writes was the later one.
void SecretTraffic::Write(std::size_t node) {
  std::mt19937 random(static_cast<unsigned>(node));
  std::vector<std::size_t> own;
  for (bool create = true; !stop_; create = !create) {
    {
      const std::shared_lock here(servers_[node]->away);
      if (create) {
        own.push_back(Add("traffic-" + std::to_string(node) + "-" + std::to_string(own.size())));
      }
      WriteOnce(servers_[node]->api, create ? own.back() : own[random() % own.size()]);
    }
    std::this_thread::sleep_for(kBetweenWrites);
  }
}

void SecretTraffic::Read(std::size_t node) {
  std::mt19937 random(static_cast<unsigned>(node));
  while (!stop_) {
    std::size_t written = 0;
    {
      const std::scoped_lock lock(mutex_);
      written = secrets_.size();
    }
    if (written > 0) {
      const std::shared_lock here(servers_[node]->away);
      ReadOnce(servers_[node]->api, random() % written);
    }
    std::this_thread::sleep_for(kBetweenReads);
  }
}

std::size_t SecretTraffic::Add(const std::string& name) {
  const std::scoped_lock lock(mutex_);
  secrets_.push_back({.name = name});
  return secrets_.size() - 1;
}

void SecretTraffic::WriteOnce(const testing::KubeApiServer& api, std::size_t secret) {
  Secret now;
  {
    const std::scoped_lock lock(mutex_);
    ++secrets_[secret].sent;
    now = secrets_[secret];
  }
  const bool create = now.acked == 0;
  const Json object = {{"apiVersion", "v1"},
                       {"kind", "Secret"},
                       {"metadata", {{"name", now.name}}},
                       {"data", {{"value", NumberedValue(now.name, now.sent)}}}};
  const auto begun = std::chrono::steady_clock::now();
  const HttpAnswer answer =
      create ? api.Ask("POST", kSecretsPath, object)
             : api.Ask("PUT", std::string(kSecretsPath) + "/" + now.name, object);
  const double seconds = SecondsSince(begun);
  if (answer.status != (create ? 201 : 200)) {
    Fault(&Figures::failed_writes,
          "write of " + now.name + ": " + std::to_string(answer.status) + " " + answer.body);
    return;
  }
  const std::scoped_lock lock(mutex_);
  secrets_[secret].acked = now.sent;
  ++(create ? figures_.created : figures_.updated);
  figures_.slowest_write = std::max(figures_.slowest_write, seconds);
}

void SecretTraffic::ReadOnce(const testing::KubeApiServer& api, std::size_t secret) {
  Secret before;
  {
    const std::scoped_lock lock(mutex_);
    before = secrets_[secret];
  }
  if (before.acked == 0) return;  // not there for certain
  const auto begun = std::chrono::steady_clock::now();
  const HttpAnswer answer = api.Ask("GET", std::string(kSecretsPath) + "/" + before.name);
  const double seconds = SecondsSince(begun);
  long newest = 0;
  {
    const std::scoped_lock lock(mutex_);
    newest = secrets_[secret].sent;
  }
  if (!Holds(answer, before.name, before.acked, newest)) {
    Fault(&Figures::failed_reads,
          "read of " + before.name + ": " + std::to_string(answer.status) + " " + answer.body);
    return;
  }
  const std::scoped_lock lock(mutex_);
  ++figures_.read;
  figures_.slowest_read = std::max(figures_.slowest_read, seconds);
}

void SecretTraffic::Fault(long Figures::* counter, const std::string& what) {
  const std::scoped_lock lock(mutex_);
  ++(figures_.*counter);
  if (figures_.first_failure.empty()) figures_.first_failure = what;
}

void TrafficPhases::End(const std::string& phase) {
  const double seconds = SecondsSince(begun_);
  const SecretTraffic::Figures figures = traffic_.Take();
  begun_ = std::chrono::steady_clock::now();
  MESSAGE(phase << ": " << seconds << " s, created " << figures.created << ", updated "
                << figures.updated << ", read " << figures.read << ", failed writes "
                << figures.failed_writes << ", failed reads " << figures.failed_reads
                << ", slowest write " << figures.slowest_write << " s, read "
                << figures.slowest_read << " s");
  INFO(figures.first_failure);
  CHECK(figures.failed_reads == 0);
  CHECK(figures.failed_writes == 0);
  CHECK(figures.read > 0);
}

std::string PromotedEverywhere(const ControlPlane& plane, const std::string& before) {
  for (const auto& node : plane.nodes) {
    REQUIRE(Eventually(Milliseconds(60000), [&] {
      const testing::StatusAnswer status = node->provider->stub.Status();
      return status.healthz == "ok" && status.key_id != before;
    }));
  }
  const std::string key_id = plane.provider->KeyId();
  for (const auto& node : plane.nodes) CHECK(node->provider->KeyId() == key_id);
  return key_id;
}

}  // namespace baokms::e2e
