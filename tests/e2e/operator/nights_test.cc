// Broken nights: what was broken on a node that served, and whether one command says the cause.
// With -s it prints, for each, what doctor, the log, /ready and status say.
#include <doctest/doctest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tests/e2e/support/doctored.h"
#include "tests/support/emulator/certificates.h"
#include "tests/support/skip.h"

namespace baokms::e2e {
namespace {

// A node that served well until the night.
struct NightNode {
  NightNode() {
    d.node.config.Write();
    Start();
    provider->CheckRoundTrip();
  }
  ~NightNode() {
    if (end_the_night) end_the_night();
    provider.reset();
    umount2(state_directory().c_str(), MNT_DETACH);
  }
  NightNode(const NightNode&) = delete;
  NightNode& operator=(const NightNode&) = delete;

  void Start() { provider.emplace(d.node.config); }
  void Stop() {
    provider->process.Terminate();
    provider.reset();
  }
  // As a machine that restarts it: what comes of it is in `restarted`.
  void Restart() {
    Stop();
    restarted.emplace(d.node.config);
    restarted->child().Wait(Milliseconds(3000));
  }
  std::string state_directory() const {
    return std::filesystem::path(d.node.config.state_file()).parent_path().string();
  }
  Json& values() { return d.node.config.tree; }

  Doctored d;
  std::optional<Serving> provider;
  std::optional<ProviderProcess> restarted;
  std::function<void()> end_the_night;  // where other nodes would suffer too
};

struct Night {
  const char* broken;
  std::function<void(NightNode&)> Break;
  const char* check;  // of doctor, the first that fails
  const char* words;  // of it
};

void FillTheDisk(NightNode& night) {
  night.Stop();
  const std::string directory = night.state_directory();
  REQUIRE(mount("none", directory.c_str(), "tmpfs", 0, "size=64k,mode=0750") == 0);
  night.Start();
  std::ofstream(directory + "/filler") << std::string(std::size_t{1} << 20U, 'x');
}

void BreakJwt(NightNode& night, const Json& claims) {
  for (const char* field : {"expectedIssuer", "expectedAudience", "expectedSubject"}) {
    night.d.jwt().erase(field);
  }
  night.d.node.config.Write();
  night.d.node.config.WriteJwt(night.d.bench.setup.MintJwt(claims));
  night.Restart();
}

const std::vector<Night>& Nights() {
  static const std::vector<Night> nights = {
      {"the disk is full", FillTheDisk, "state.writable", "no space is left"},
      {"the provider was killed", [](NightNode& night) { night.provider->process.Kill(); },
       "socket.listening", "nobody"},
      {"the socket is its owner's alone",
       [](NightNode& night) { REQUIRE(chmod(night.d.node.config.socket().c_str(), 0600) == 0); },
       "socket.reachable", "may not use the socket"},
      {"the socket has another group",
       [](NightNode& night) {
         REQUIRE(chown(night.d.node.config.socket().c_str(), geteuid(), 54321) == 0);
       },
       "socket.reachable", "may not use the socket"},
      {"the socket's directory is its owner's alone",
       [](NightNode& night) {
         REQUIRE(chmod(night.d.node.config.socket_directory().c_str(), 0700) == 0);
       },
       "socket.reachable", "may not search the socket's directory"},
      {"others may write to the state directory",
       [](NightNode& night) { REQUIRE(chmod(night.state_directory().c_str(), 0777) == 0); },
       "registry.state", "writable by group or others"},
      {"the state files were replaced by older ones",
       [](NightNode& night) {
         const StateFiles older = ReadStateFiles(night.d.node.config);
         RotateAndPromote(night.d.bench, *night.provider);
         WriteStateFiles(night.d.node.config, older);
       },
       "provider.running", "state_files_replaced"},
      {"the role is gone from OpenBao",
       [](NightNode& night) {
         night.d.bench.setup.DeleteRole();
         night.Restart();
       },
       "openbao.auth", "OpenBao has no such role"},
      {"a JWT for another audience", [](NightNode& night) { BreakJwt(night, {{"aud", "x"}}); },
       "openbao.auth", "audience (aud)"},
      {"a JWT of another subject", [](NightNode& night) { BreakJwt(night, {{"sub", "x"}}); },
       "openbao.auth", "subject (sub)"},
      {"a JWT of another issuer", [](NightNode& night) { BreakJwt(night, {{"iss", "x"}}); },
       "openbao.auth", "issuer (iss)"},
      {"a JWT signed by another key",
       [](NightNode& night) {
         night.d.node.config.WriteJwt(night.d.bench.setup.MintForeignJwt());
         night.Restart();
       },
       "openbao.auth", "could not verify the JWT's signature"},
      {"a JWT that has expired",
       [](NightNode& night) {
         night.d.node.config.WriteJwt(
             night.d.bench.setup.MintJwt(Json::object(), std::chrono::hours(-1)));
         night.Restart();
       },
       "jwt.local", "expired"},
      {"the policy is empty",
       [](NightNode& night) {
         night.d.bench.setup.SetPolicy(R"(path "nowhere/else" { capabilities = ["read"] })");
       },
       "transit.capabilities", "update on encrypt/<key> and decrypt/<key>"},
      {"an identity field was edited",
       [](NightNode& night) {
         night.values()["transit"]["keyIdScope"]["clusterId"] = "another";
         night.d.node.config.Write();
         night.Restart();
       },
       "registry.state", "clusterId"},
      {"the wrong CA",
       [](NightNode& night) {
         night.d.node.config.WriteCa(emulator::CertificateAuthority("another").pem());
         night.Restart();
       },
       "openbao.tls", "signed by a CA that is not in the CA file"},
      {"the name of OpenBao is not known",
       [](NightNode& night) {
         night.d.openbao()["address"] = "https://no-such-host.invalid:8200";
         night.d.node.config.Write();
         night.Restart();
       },
       "openbao.tls", "could not be resolved"},
      {"OpenBao is sealed",
       [](NightNode& night) {
         SharedOpenBao().Seal();
         night.end_the_night = [] { SharedOpenBao().Unseal(); };
       },
       "openbao.auth", "sealed"},
      {"OpenBao is away",
       [](NightNode& night) {
         SharedOpenBao().Stop();
         night.end_the_night = [] { SharedOpenBao().Start(); };
       },
       "openbao.tls", "could not connect"},
      {"the key was made deletable",
       [](NightNode& night) { night.d.bench.setup.ConfigureKey({{"deletion_allowed", true}}); },
       "transit.profile", "deletion_allowed"},
      {"the key was deleted", [](NightNode& night) { night.d.bench.setup.DeleteKey(); },
       "transit.metadata", "transit_key_missing"},
      {"min_decryption_version hides the version in use",
       [](NightNode& night) {
         night.d.bench.setup.RotateKey();
         night.d.bench.setup.SetMinDecryptionVersion(2);
       },
       "transit.version_restrictions", "is below min_decryption_version"},
      {"the mount makes keys on encrypt again",
       [](NightNode& night) { night.d.bench.setup.SetDisableUpsert(false); },
       "transit.disable_upsert", "may create keys"},
  };
  return nights;
}

std::string LastWords(const ProviderProcess& process) {
  const std::vector<Json> lines = process.LogLines();
  const auto last = std::find_if(lines.rbegin(), lines.rend(), [](const Json& line) {
    return line.value("level", "") == "WARN" || line.value("level", "") == "ERROR";
  });
  if (last == lines.rend()) return "-";
  std::string words = last->value("message", "");
  for (const char* field : {"reason", "error_class", "advice"}) {
    if (last->contains(field)) words += " " + last->at(field).dump();
  }
  return words;
}

void Look(const Night& night) {
  NightNode node;
  night.Break(node);
  // A few probes.
  std::this_thread::sleep_for(Milliseconds(1500));

  const CommandResult doctor = node.d.node.Run({"doctor", "--output", "json"});
  const Json report = Json::parse(doctor.out, nullptr, false);
  REQUIRE(report.is_object());
  std::string first = "none";
  std::string said;
  for (const Json& check : report.at("checks")) {
    if (first != "none" || check.at("status") != "fail") continue;
    first = check.at("id");
    said = check.at("message").get<std::string>() + " -> " + check.at("advice").get<std::string>();
  }
  const CommandResult status = node.d.node.Run({"status"});
  const ProviderProcess& process = node.restarted ? *node.restarted : node.provider->process;
  const testing::HttpAnswer ready = process.Health("/ready");
  MESSAGE("\n== " << std::string(night.broken) << "\n   doctor (" << doctor.code << "): " << first
                  << ": " << said << "\n   status (" << status.code << "): " << status.out
                  << status.err << "   /ready: " << ready.status << " " << ready.body
                  << "\n   log: " << LastWords(process));
  CHECK(doctor.code != 0);
  CHECK(first == std::string(night.check));
  CHECK_MESSAGE(Says(said, night.words), said);
}

TEST_CASE("Nights: one look at doctor says what is broken") {
  if (testing::SkippedWithoutRoot()) return;
  UseRaftStorage();  // OpenBao is stopped and started
  for (const Night& night : Nights()) {
    INFO(std::string(night.broken));
    Look(night);
  }
}

}  // namespace
}  // namespace baokms::e2e
