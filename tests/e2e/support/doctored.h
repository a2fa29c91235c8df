// A node under `doctor` and `verify-key`: runs them, and CHECKs what holds of every report.
#pragma once

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tests/e2e/support/operator_node.h"

namespace baokms::e2e {

inline const Names kIds = {"config.load",
                           "config.validate",
                           "socket.group",
                           "jwt.local",
                           "kubernetes.encryption_config",
                           "openbao.tls",
                           "openbao.auth",
                           "transit.capabilities",
                           "transit.metadata",
                           "transit.profile",
                           "transit.disable_upsert",
                           "transit.probe",
                           "key_id.deterministic",
                           "registry.state",
                           "transit.version_restrictions",
                           "transit.auto_rotate_period",
                           "kms.status_encrypt",
                           "process.hardening",
                           "state.writable",
                           "socket.listening",
                           "socket.reachable",
                           "listeners.available",
                           "provider.running",
                           "service.user"};
// What runs whatever else failed, as long as the configuration's values are good.
inline const Names kNodeIds = {"state.writable",      "socket.listening", "socket.reachable",
                               "listeners.available", "provider.running", "service.user"};
inline const Names kKeyIds = {"config.load",
                              "config.validate",
                              "openbao.tls",
                              "openbao.auth",
                              "transit.capabilities",
                              "transit.metadata",
                              "transit.profile",
                              "transit.disable_upsert",
                              "key_id.deterministic",
                              "registry.state",
                              "transit.version_restrictions",
                              "transit.auto_rotate_period"};

struct Told {
  std::string status;
  std::string message;
  std::string advice;
};

class Doctored {
 public:
  Doctored() : node(bench) {}

  // Runs it and CHECKs everything that holds of every report.
  std::map<std::string, Told> Run(int code) {
    node.config.Write();
    return Look(code);
  }
  std::map<std::string, Told> Look(int code, const std::string& command = "doctor") {
    const DirectoryPicture before = node.Picture();
    Names arguments{command, "--output", "json"};
    if (command == "doctor" && !encryption_config.empty()) {
      arguments.insert(arguments.end(), {"--encryption-config", encryption_config});
    }
    const CommandResult result = node.Run(arguments);
    INFO(result.out);
    INFO(result.err);
    CHECK(result.code == code);
    CHECK(node.Picture() == before);
    const Json report = Json::parse(result.out, nullptr, false);
    REQUIRE(report.is_object());
    CHECK(report.at("name") == command);
    std::map<std::string, Told> told;
    Names ids;
    for (const Json& check : report.at("checks")) {
      ids.push_back(check.at("id"));
      const Told one{check.at("status"), check.value("message", ""), check.value("advice", "")};
      CHECK_FALSE(check.at("title").get<std::string>().empty());
      const bool needs_advice = one.status == "warn" || one.status == "fail";
      CHECK(one.advice.empty() == !needs_advice);
      told[ids.back()] = one;
    }
    if (told["registry.state"].advice.find("state.path: ") == std::string::npos) {
      CHECK(ids == (command == "doctor" ? kIds : kKeyIds));
    }
    CHECK(result.err.empty() == (code == 0));
    CheckSaysNoSecret(result.out + result.err);
    return told;
  }

  // A state of the node's own, as its provider makes it.
  void ServeOnce() const {
    node.config.Write();
    const Serving provider(node.config);
    provider.CheckRoundTrip();
    served = true;
  }

  // Only these fail, and everything is checked; `verify-key` says the same of what it checks.
  std::map<std::string, Told> FailsOnly(const Names& failing) {
    std::map<std::string, Told> told = Run(failing.empty() ? 0 : 4);
    for (const std::string& each : kIds) {
      CAPTURE(each);
      const bool fails = std::ranges::find(failing, each) != failing.end();
      CHECK(told[each].status == (fails ? "fail" : Good(each)));
    }
    const bool key_fails = std::ranges::any_of(failing, [](const std::string& id) {
      return std::ranges::find(kKeyIds, id) != kKeyIds.end();
    });
    for (const auto& [id, of_key] : Look(key_fails ? 4 : 0, "verify-key")) {
      CAPTURE(id);
      CHECK(of_key.status == told[id].status);
      CHECK(of_key.advice == told[id].advice);
    }
    return told;
  }

  // The one that fails is `id`, those before it pass, those after it wait for it; what stands alone
  // does so unless `values` of the configuration are bad.
  enum class Values { kGood, kBad };
  Told FailsAt(const std::string& id, int code = 4, Values values = Values::kGood) {
    std::map<std::string, Told> told = Run(code);
    bool after = false;
    if (values == Values::kGood) {
      for (const std::string& each : kNodeIds) {
        CAPTURE(each);
        CHECK(told[each].status == Good(each));
        told.erase(each);
      }
    }
    for (const std::string& each : kIds) {
      CAPTURE(each);
      if (!told.contains(each)) continue;
      if (each == id) {
        CHECK(told[each].status == "fail");
        after = true;
      } else {
        CHECK(told[each].status == (after ? "skip" : Good(each)));
        CHECK(told[each].message == (after ? "needs " + id : told[each].message));
      }
    }
    return told[id];
  }

  void CheckSaysNoSecret(const std::string& text) const {
    const testing::SetupOptions& names = bench.setup.options();
    for (const std::string& value :
         {names.transit_mount, names.key_name, names.role, names.policy, names.issuer,
          node.config.directory().path(), std::string("eyJ")}) {
      CHECK_MESSAGE(!Says(text, value), value);
    }
  }

  Json& jwt() { return node.config.tree["auth"]["jwt"]; }
  Json& openbao() { return node.config.tree["openbao"]; }

  // What a check that is reached and finds nothing is.
  std::string Good(const std::string& id) const {
    if (id == "kubernetes.encryption_config" && encryption_config.empty()) return "skip";
    // Root that no directory names another user to.
    if (id == "service.user" && geteuid() == 0 && !has_user) return "warn";
    if (id == "socket.listening" && !runs) return "skip";
    if (id == "provider.running" && !runs) return served ? "warn" : "skip";
    return "pass";
  }

  Bench bench;
  OperatorNode node;
  std::string encryption_config;  // a path; empty: the flag is not given
  // What the node is like: its provider runs; has run, so that there is a state; has a user of its
  // own.
  bool runs = false;
  mutable bool served = false;
  bool has_user = false;
};

}  // namespace baokms::e2e
