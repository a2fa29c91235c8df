// openbao-emulator: the emulator as a program, and minting JWTs with a key of its own or a given
// one.
#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <string>

#include "tests/support/emulator/demo.h"
#include "tests/support/emulator/emulator.h"

namespace {

namespace em = baokms::emulator;

constexpr const char* kWarning =
    "openbao-emulator: ***************************************************************\n"
    "openbao-emulator: *  THIS IS A TEST DOUBLE. Keys live in memory and are lost at   *\n"
    "openbao-emulator: *  exit, the root token and credentials are published, the      *\n"
    "openbao-emulator: *  control port lets anyone do anything.                        *\n"
    "openbao-emulator: *  NEVER PUT REAL KEYS OR REAL SECRETS IN IT.                   *\n"
    "openbao-emulator: ***************************************************************\n";

struct Flags {
  em::Emulator::Options options;
  std::string directory;
  std::string client_certificates = "request";
  std::string version = em::Release().version();
  bool demo = false;
};

int Fail(const std::string& why) {
  std::cerr << "openbao-emulator: " << why << "\n";
  return 1;
}

void AddServeFlags(CLI::App& app, Flags& flags) {
  app.add_option("--dir", flags.directory,
                 "Where ca.pem and the other files go (created; default: a new one in /tmp)");
  app.add_option("--port", flags.options.port, "TLS port (0: any free one)");
  app.add_option("--control-port", flags.options.control_port, "Control port (0: any free one)");
  app.add_option("--root-token", flags.options.root_token, "The root token");
  app.add_option("--tls-cert", flags.options.tls.certificate_file,
                 "Server certificate chain instead of a generated one");
  app.add_option("--tls-key", flags.options.tls.key_file, "Its private key");
  app.add_option("--tls-name", flags.options.tls.dns_names, "DNS names of the server certificate");
  app.add_option("--client-certificates", flags.client_certificates, "none, request or require")
      ->check(CLI::IsMember({"none", "request", "require"}));
  app.add_option("--max-connections", flags.options.max_connections, "Refused above this many");
  app.add_option("--openbao-version", flags.version, "The release to answer as")
      ->capture_default_str()
      ->check([](const std::string& version) {
        return em::Release::Parse(version) ? "" : "must be like 2.6.2";
      });
  app.add_flag("--demo", flags.demo, "Set up a mount, a key, a policy, logins and a JWT");
}

int Serve(Flags& flags) {
  std::cerr << kWarning;
  // Only the thread that waits below is to see the signals.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  flags.options.release = em::Release::Parse(flags.version).value();
  em::TlsOptions& tls = flags.options.tls;
  if (tls.certificate_file.empty() != tls.key_file.empty()) {
    return Fail("--tls-cert and --tls-key go together");
  }
  if (flags.directory.empty()) {
    std::string pattern = "/tmp/openbao-emulator-XXXXXX";
    if (mkdtemp(pattern.data()) == nullptr) return Fail("cannot make a directory in /tmp");
    flags.directory = pattern;
  }
  mkdir(flags.directory.c_str(), 0700);
  tls.directory = tls.certificate_file.empty() ? flags.directory : "";
  tls.client_certificates = flags.client_certificates == "none" ? em::ClientCertificates::kNone
                            : flags.client_certificates == "require"
                                ? em::ClientCertificates::kRequire
                                : em::ClientCertificates::kRequest;
  em::Emulator emulator(flags.options);
  const auto port = emulator.Start();
  if (!port) return Fail(port.error());
  em::Json line = {{"address", emulator.Address()},
                   {"directory", flags.directory},
                   {"control", emulator.ControlAddress()},
                   {"ca_file", emulator.tls().ca_file()},
                   {"root_token", flags.options.root_token}};
  if (flags.demo) {
    const auto demo = em::SetUpDemo(emulator, flags.directory);
    if (!demo) return Fail(demo.error());
    line["demo"] = *demo;
  }
  std::cout << line.dump() << std::endl;
  int received = 0;
  sigwait(&signals, &received);
  emulator.Stop();
  return 0;
}

int MintJwt(const std::string& key_file, const std::string& claims_text, std::int64_t valid) {
  const auto pem = em::ReadTextFile(key_file);
  if (!pem) return Fail(pem.error());
  const em::SharedPkey key = em::ReadPrivateKey(*pem);
  if (key == nullptr) return Fail("no private key in " + key_file);
  const em::Json given = em::Json::parse(claims_text, nullptr, false);
  if (!given.is_object()) return Fail("--claims is no JSON object");
  const std::int64_t now = em::Clock().UnixSeconds();
  em::Json claims = {{"iat", now}, {"nbf", now}, {"exp", now + valid}};
  claims.update(given);
  std::cout << em::MintJwt(key.get(), claims) << "\n";
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("An emulation of the part of OpenBao that bao-kms-provider uses, with faults");
  Flags flags;
  AddServeFlags(app, flags);
  std::string key_file;
  std::string claims = "{}";
  std::int64_t valid_seconds = 86400;
  CLI::App* mint = app.add_subcommand("mint-jwt", "Print a JWT signed with a private key (PEM)");
  mint->add_option("--key", key_file, "RSA, P-256 or Ed25519 private key")->required();
  mint->add_option("--claims", claims, "JSON object; iat, nbf and exp are added");
  mint->add_option("--valid-seconds", valid_seconds, "exp = now + this");
  CLI11_PARSE(app, argc, argv);
  return mint->parsed() ? MintJwt(key_file, claims, valid_seconds) : Serve(flags);
}
