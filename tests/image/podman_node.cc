#include "tests/image/podman_node.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "tests/support/harness/http_client.h"
#include "tests/support/harness/real_openbao.h"
#include "tests/support/skip.h"

namespace baokms::image_tests {
namespace {

namespace fs = std::filesystem;

// Of docs/image.md.
constexpr const char* kArchive = "/root/image.oci.tar";

std::string WithoutLineEnd(std::string text) {
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

// The build of the preset release, or another one that BAOKMS_RELEASE_BUILD names.
std::string ReleaseBuild() {
  const char* given = std::getenv("BAOKMS_RELEASE_BUILD");
  return given != nullptr ? given : BAOKMS_RELEASE_DIRECTORY;
}

bool OnPath(const char* program) {
  for (const char* directory : {"/usr/bin/", "/usr/sbin/"}) {
    if (access((std::string(directory) + program).c_str(), X_OK) == 0) return true;
  }
  return false;
}

// An image takes seconds to build or load, and minutes where the disk is busy.
CommandResult ToItsEnd(Arguments argv) {
  const testing::TempDirectory output;
  testing::ChildProcess child({.argv = std::move(argv),
                               .stdout_file = output.File("out"),
                               .stderr_file = output.File("err")});
  const auto ended = child.Wait(Milliseconds(300000));
  return {.code = ended && ended->code ? *ended->code : -1,
          .out = child.Stdout(),
          .err = child.Stderr()};
}

}  // namespace

bool PodmanNode::Skipped() {
  if (testing::SkippedWithoutRoot()) return true;
  if (access((ReleaseBuild() + "/bin/bao-kms-provider").c_str(), X_OK) != 0) {
    return testing::SaySkipped(
        "no release build: cmake --preset release && cmake --build build/release");
  }
  for (const char* program : {"buildah", "podman", "runc", "catatonit"}) {
    if (SkippedWithout(program)) return true;
  }
  if (e2e::OnRealOpenBao() && !testing::FindRealOpenBao()) {
    return testing::SaySkipped(testing::HowToGetOpenBao());
  }
  return e2e::ScratchMachine().Skipped();
}

bool PodmanNode::SkippedWithout(const char* program) {
  return !OnPath(program) &&
         testing::SaySkipped(std::string(program) + " is missing: scripts/install-deps.sh image");
}

PodmanNode::PodmanNode() : page_(runbooks::Parse(testing::ReadWholeFile(BAOKMS_IMAGE_PAGE))) {
  for (const std::string& problem : page_.problems) FAIL_CHECK(problem);
  Start();
  BuildImage();
}

PodmanNode::~PodmanNode() {
  // So that no cgroup of theirs stays.
  Run("podman pod rm --all --force --time 0; podman rm --all --force --time 0");
  // unshare ends once no process of the namespace is left.
  kill(first_, SIGKILL);
  holder_->Wait(Milliseconds(10000));
}

void PodmanNode::Start() {
  const std::string out = machine().At("/start_node.out");
  holder_ = std::make_unique<testing::ChildProcess>(testing::ChildProcess::Options{
      .argv = {"/usr/bin/unshare", "--mount", "--propagation", "private", "--pid", "--fork",
               "--kill-child", BAOKMS_START_NODE, machine().root()},
      .stdout_file = out,
      .stderr_file = machine().At("/start_node.err")});
  const bool ready =
      e2e::Eventually(Milliseconds(10000), [&] { return holder_->Stdout() == "ready\n"; });
  INFO(holder_->Stderr());
  REQUIRE(ready);
  const std::string id = std::to_string(holder_->pid());
  std::istringstream(testing::ReadWholeFile("/proc/" + id + "/task/" + id + "/children")) >> first_;
  REQUIRE(first_ > 0);
}

CommandResult PodmanNode::Run(const std::string& commands) const {
  return ToItsEnd({"/usr/bin/nsenter", "--target", std::to_string(first_), "--mount", "--pid",
                   "--root", "--wdns=/root", "/usr/bin/env", "-i", "HOME=/root",
                   "PATH=/usr/local/bin:/usr/sbin:/usr/bin", "/bin/bash", "-ec", commands});
}

std::string PodmanNode::Must(const std::string& commands) const {
  CAPTURE(commands);
  const CommandResult result = Run(commands);
  INFO(result.out);
  INFO(result.err);
  REQUIRE(result.code == 0);
  return WithoutLineEnd(result.out);
}

const std::string& PodmanNode::Commands(const std::string& section,
                                        const std::string& block) const {
  const auto found = std::ranges::find_if(page_.blocks, [&](const runbooks::Block& candidate) {
    return candidate.section == section && candidate.name == block;
  });
  CAPTURE(section);
  CAPTURE(block);
  REQUIRE(found != page_.blocks.end());
  return found->commands;
}

// Outside of the node, which has no checkout.
void PodmanNode::BuildImage() {
  std::string commands = Commands("Build it", "build");
  runbooks::ReplaceAll(commands, kArchive, machine().At(kArchive));
  const CommandResult built = ToItsEnd(
      {"/bin/bash", "-ec",
       "cd " BAOKMS_SOURCE_DIRECTORY "\n" + WithoutLineEnd(commands) + " " + ReleaseBuild()});
  INFO(built.out);
  INFO(built.err);
  REQUIRE(built.code == 0);
  const std::string out = WithoutLineEnd(built.out);
  digest_ = out.substr(out.rfind('\n') + 1);
}

std::string PodmanNode::DoPage(const std::string& section, const std::string& block) const {
  std::string names = Commands("", "names");
  const std::size_t digest = names.find("sha256:");
  REQUIRE(digest != std::string::npos);
  names.replace(digest, digest_.size(), digest_);
  return Must(names + Commands(section, block));
}

void PodmanNode::SetUp() {
  setup_.Init({"--model", "static-pod", "--socket-gid", kSocketGid, "--image", Image()});
  setup_.PrepareAndInstall();
}

void PodmanNode::RenewJwt(const std::string& jwt) const {
  const std::string file = machine().At("/var/lib/openbao-kms/credentials/identity.jwt");
  testing::WriteWholeFile(file + ".new", jwt, 0640);
  REQUIRE(chown((file + ".new").c_str(), 0, 65532) == 0);
  fs::rename(file + ".new", file);
}

int PodmanNode::Health(const std::string& path) const {
  const std::string address = setup_.values.at("server").at("healthAddress");
  return testing::AskHttp({.url = "http://" + address + path}).status;
}

std::vector<Json> PodmanNode::LogLines(const std::string& container,
                                       std::string_view message) const {
  const CommandResult logs = Run("podman logs " + container + " 2>&1");
  std::istringstream lines(logs.out);
  std::vector<Json> found;
  for (std::string line; std::getline(lines, line);) {
    const Json entry = Json::parse(line, nullptr, false);
    if (entry.is_object() && entry.value("message", "") == message) found.push_back(entry);
  }
  return found;
}

Json PodmanNode::Inspect(const std::string& container) const {
  const Json list = Json::parse(Must("podman inspect " + container), nullptr, false);
  REQUIRE(list.is_array());
  REQUIRE(list.size() == 1);
  return list.front();
}

std::string PodmanNode::Pid(const std::string& container) const {
  return std::to_string(Inspect(container).at("State").at("Pid").get<int>());
}

double PodmanNode::Metric(const std::string& series) const {
  const std::string address = setup_.values.at("server").at("metricsAddress");
  const std::string text = testing::AskHttp({.url = "http://" + address + "/metrics"}).body;
  const std::size_t at = text.find(series + " ");
  return at == std::string::npos ? 0 : std::stod(text.substr(at + series.size()));
}

}  // namespace baokms::image_tests
