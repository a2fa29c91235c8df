#include "tests/support/harness/spire_under_test.h"

#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <sstream>
#include <thread>

#include "tests/support/emulator/encoding.h"
#include "tests/support/emulator/jwt.h"
#include "tests/support/harness/free_port.h"
#include "tests/support/harness/harness_error.h"
#include "tests/support/harness/within.h"

namespace baokms::testing {
namespace {

using namespace std::chrono_literals;

// Empty: it is not there.
std::string OnPath(const std::string& program) {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    folder.append("/").append(program);
    if (access(folder.c_str(), X_OK) == 0) return folder;
  }
  return "";
}

template <typename Done>
void Await(std::chrono::milliseconds limit, const char* what, Done done) {
  if (!Within(limit, 100ms, std::move(done))) {
    throw HarnessError(std::string("SPIRE: not in time: ") + what);
  }
}

// A P-256 JWK as PEM: the DER of every such key begins alike.
std::string PemOf(const Json& jwk) {
  static constexpr unsigned char kP256Point[] = {
      0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06,
      0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04};
  // The same bytes as text.
  std::string der(reinterpret_cast<const char*>(kP256Point), sizeof kP256Point);
  for (const char* coordinate : {"x", "y"}) {
    der += emulator::Base64UrlDecode(jwk.at(coordinate).get<std::string>()).value();
  }
  return "-----BEGIN PUBLIC KEY-----\n" + emulator::Base64Encode(der) +
         "\n-----END PUBLIC KEY-----\n";
}

const std::string kDomain =
    "trust_domain = \"" + std::string(SpireUnderTest::kTrustDomain) + "\"\n";
constexpr const char* kLog = "log_level = \"WARN\"\n";

}  // namespace

bool HasSpire() { return !OnPath("spire-server").empty() && !SpireAgentProgram().empty(); }

std::string SpireAgentProgram() { return OnPath("spire-agent"); }

std::string HowToGetSpire() {
  return "no SPIRE: put `spire-server` and `spire-agent` (1.15 or newer, spiffe.io) on PATH";
}

SpireUnderTest::SpireUnderTest() : port_(std::to_string(FreePort())) {
  directory_.Write(
      "server.conf",
      "server {\n bind_address = \"127.0.0.1\"\n bind_port = \"" + port_ + "\"\n" + kDomain + kLog +
          "socket_path = \"" + server_socket() + "\"\n data_dir = \"" +
          directory_.MakeDirectory("server", 0700) +
          "\"\n jwt_issuer = \"https://spire.test.invalid\"\n}\nplugins {\n"
          " DataStore \"sql\" { plugin_data { database_type = \"sqlite3\" connection_string = \"" +
          directory_.File("server.sqlite") +
          "\" } }\n KeyManager \"memory\" { plugin_data {} }\n"
          " NodeAttestor \"join_token\" { plugin_data {} }\n}\n");
  const std::string agent_data = directory_.MakeDirectory("agent", 0700);
  directory_.Write("agent.conf", AgentConfiguration(agent_data, agent_socket()));
  server_ = std::make_unique<ChildProcess>(ChildProcess::Options{
      .argv = {"spire-server", "run", "-config", directory_.File("server.conf")},
      .stdout_file = directory_.File("server.log"),
      .stderr_file = directory_.File("server.log")});
  Await(30s, "the server", [this] {
    if (!server_->Running()) throw HarnessError("spire-server ended: " + server_->Stdout());
    return !Server({"bundle", "show"}).empty();
  });
  join_token_ = MakeJoinToken("/node");
  StartAgent();
}

SpireUnderTest::~SpireUnderTest() = default;

std::string SpireUnderTest::AgentConfiguration(const std::string& directory,
                                               const std::string& socket) const {
  return "agent {\n server_address = \"127.0.0.1\"\n server_port = \"" + port_ + "\"\n" + kDomain +
         kLog + "socket_path = \"" + socket + "\"\n data_dir = \"" + directory +
         "\"\n insecure_bootstrap = true\n}\nplugins {\n"
         " KeyManager \"disk\" { plugin_data { directory = \"" +
         directory +
         "\" } }\n NodeAttestor \"join_token\" { plugin_data {} }\n"
         " WorkloadAttestor \"unix\" { plugin_data {} }\n}\n";
}

std::string SpireUnderTest::MakeJoinToken(const std::string& path) const {
  const Json token = Json::parse(Server({"token", "generate", "-output", "json", "-spiffeID",
                                         "spiffe://" + std::string(kTrustDomain) + path}),
                                 nullptr, false);
  if (!token.is_object()) throw HarnessError("spire-server gives no join token");
  return token.at("value").get<std::string>();
}

void SpireUnderTest::StartAgent() {
  agent_ = std::make_unique<ChildProcess>(
      ChildProcess::Options{.argv = {"spire-agent", "run", "-config", directory_.File("agent.conf"),
                                     "-joinToken", join_token_},
                            .stdout_file = directory_.File("agent.log"),
                            .stderr_file = directory_.File("agent.log")});
  Await(30s, "the agent", [this] {
    if (!agent_->Running()) throw HarnessError("spire-agent ended: " + agent_->Stdout());
    return access(agent_socket().c_str(), F_OK) == 0;
  });
}

void SpireUnderTest::StopAgent() {
  agent_->Signal(SIGTERM);
  if (!agent_->Wait(10s)) agent_->Signal(SIGKILL);
  agent_.reset();
}

void SpireUnderTest::CreateEntry(const SpireEntry& entry) {
  std::vector<std::string> arguments = {
      "entry",        "create",
      "-parentID",    "spiffe://" + std::string(kTrustDomain) + entry.node,
      "-spiffeID",    IdOf(entry),
      "-selector",    "unix:uid:" + std::to_string(entry.uid.value_or(getuid())),
      "-x509SVIDTTL", std::to_string(entry.x509_ttl.count())};
  if (!entry.dns_name.empty()) {
    arguments.push_back("-dns");
    arguments.push_back(entry.dns_name);
  }
  if (Server(arguments).empty()) throw HarnessError("spire-server makes no entry");
  if (entry.node != SpireEntry{}.node) return;
  // The agent asks its server every few seconds.
  Await(60s, "the entry at the agent", [&] { return AgentHandsOut(IdOf(entry)); });
}

std::string SpireUnderTest::bundle_pem() const { return Server({"bundle", "show"}); }

std::vector<std::string> SpireUnderTest::jwt_key_pems() const {
  const Json jwks = Json::parse(Server({"bundle", "show", "-format", "spiffe"}));
  std::vector<std::string> pems;
  for (const Json& key : jwks.at("keys")) {
    if (key.at("use") == "jwt-svid") pems.push_back(PemOf(key));
  }
  return pems;
}

std::string SpireUnderTest::Server(std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), "spire-server");
  arguments.insert(arguments.end(), {"-socketPath", server_socket()});
  const std::string out = directory_.Write("out", "");
  ChildProcess asked({.argv = arguments, .stdout_file = out});
  const auto ended = asked.Wait(10s);
  return ended && ended->code == 0 ? asked.Stdout() : "";
}

bool SpireUnderTest::AgentHandsOut(const std::string& spiffe_id) const {
  const std::string out = directory_.Write("svids", "");
  ChildProcess asked(
      {.argv = {"spire-agent", "api", "fetch", "x509", "-socketPath", agent_socket()},
       .stdout_file = out});
  return asked.Wait(10s) && (asked.Stdout() + "\n").find(spiffe_id + "\n") != std::string::npos;
}

}  // namespace baokms::testing
