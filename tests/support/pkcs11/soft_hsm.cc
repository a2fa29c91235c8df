#include "tests/support/pkcs11/soft_hsm.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <utility>
#include <vector>

#include "tests/support/emulator/jwt.h"
#include "tests/support/harness/child_process.h"
#include "tests/support/harness/harness_error.h"

namespace baokms::testing {
namespace {

// What it wrote.
std::string Run(std::vector<std::string> argv, const TempDirectory& directory) {
  const std::string name = argv.front();
  ChildProcess tool({.argv = std::move(argv),
                     .stdout_file = directory.File("tool.out"),
                     .stderr_file = directory.File("tool.err")});
  const auto ended = tool.Wait(std::chrono::seconds(30));
  if (!ended || ended->code != 0) {
    throw HarnessError(name + " failed: " + tool.Stdout() + tool.Stderr());
  }
  return tool.Stdout();
}

void RunTool(std::vector<std::string> arguments, const TempDirectory& directory) {
  arguments.insert(arguments.begin(), "softhsm2-util");
  Run(std::move(arguments), directory);
}

}  // namespace

SoftHsm::SoftHsm() : configuration_(directory_.File("softhsm2.conf")) {
  directory_.MakeDirectory("tokens", 0700);
  directory_.Write("softhsm2.conf", "directories.tokendir = " + directory_.File("tokens") +
                                        "\nobjectstore.backend = file\nlog.level = ERROR\n");
  setenv("SOFTHSM2_CONF", configuration_.c_str(), 1);
}

std::string SoftHsm::Module() { return "/usr/lib/softhsm/libsofthsm2.so"; }

std::string SoftHsm::SpyModule(const std::string& log, const std::string& behind) {
  setenv("PKCS11SPY", behind.c_str(), 1);
  setenv("PKCS11SPY_OUTPUT", log.c_str(), 1);
  for (const char* folder : {"/usr/lib/x86_64-linux-gnu/", "/usr/lib/aarch64-linux-gnu/"}) {
    const std::string path = std::string(folder) + "pkcs11-spy.so";
    if (!ReadWholeFile(path).empty()) return path;
  }
  throw HarnessError("pkcs11-spy.so is missing: scripts/install-deps.sh pkcs11");
}

void SoftHsm::MakeToken(const std::string& label, const std::string& pin) const {
  RunTool({"--init-token", "--free", "--label", label, "--so-pin", "so-" + pin, "--pin", pin},
          directory_);
}

void SoftHsm::ImportKey(const std::string& token, const std::string& pin,
                        const std::string& key_label, EVP_PKEY* key) {
  const std::string file = directory_.Write("key.pem", emulator::PrivateKeyPem(key));
  RunTool({"--import", file, "--token", token, "--label", key_label, "--id",
           "0" + std::to_string(++keys_), "--pin", pin},
          directory_);
  std::remove(file.c_str());
}

void SoftHsm::ImportKeyFor(const std::string& mechanisms, const std::string& token,
                           const std::string& pin, const std::string& key_label, EVP_PKEY* key) {
  const std::string file = directory_.Write("key.pem", emulator::PrivateKeyPem(key));
  Run({"pkcs11-tool", "--module", Module(), "--token-label", token, "--login", "--pin", pin,
       "--write-object", file, "--type", "privkey", "--usage-sign", "--label", key_label, "--id",
       "0" + std::to_string(++keys_), "--allowed-mechanisms", mechanisms},
      directory_);
  std::remove(file.c_str());
}

void SoftHsm::RemovePublicKey(const std::string& token, const std::string& pin,
                              const std::string& key_label) const {
  Run({"pkcs11-tool", "--module", Module(), "--token-label", token, "--login", "--pin", pin,
       "--delete-object", "--type", "pubkey", "--label", key_label},
      directory_);
}

std::vector<std::string> SoftHsm::SerialsOfTokens(const std::string& label) const {
  std::istringstream slots(Run({"softhsm2-util", "--show-slots"}, directory_));
  const auto value = [](const std::string& line) {
    const std::size_t start = line.find_first_not_of(' ', line.find(':') + 1);
    return start == std::string::npos ? std::string()
                                      : line.substr(start, line.find_last_not_of(' ') + 1 - start);
  };
  std::vector<std::string> serials;
  std::string serial;
  for (std::string line; std::getline(slots, line);) {
    if (line.find("Serial number:") != std::string::npos) serial = value(line);
    if (line.find("Label:") != std::string::npos && value(line) == label) serials.push_back(serial);
  }
  return serials;
}

void SoftHsm::PullTokens() const {
  std::rename(directory_.File("tokens").c_str(), directory_.File("pulled").c_str());
  directory_.MakeDirectory("tokens", 0700);
}

void SoftHsm::InsertTokens() const {
  std::remove(directory_.File("tokens").c_str());
  std::rename(directory_.File("pulled").c_str(), directory_.File("tokens").c_str());
}

}  // namespace baokms::testing
