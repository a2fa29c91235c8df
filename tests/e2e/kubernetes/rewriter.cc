#include "tests/e2e/kubernetes/rewriter.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <optional>

#include "tests/support/skip.h"

namespace baokms::e2e {

using testing::ChildProcess;

std::string Kubectl() { return BAOKMS_KUBECTL_PATH; }

bool SkippedWithoutKubectl() {
  if (SkippedWithoutControlPlane()) return true;
  return access(Kubectl().c_str(), X_OK) != 0 &&
         testing::SaySkipped(std::string("no kubectl: ") + BAOKMS_KUBECTL_MISSING);
}

Rewriter::Rewriter(const ControlPlane& plane, const std::string& as) {
  const testing::HttpQuestion question = plane.api.Question("GET", "");
  const std::string bearer = "Bearer ";
  WriteKubeconfig(question.url, question.ca_file,
                  question.headers.at("Authorization").substr(bearer.size()), as);
  directory_.MakeDirectory("tmp", 0700);
}

void Rewriter::WriteKubeconfig(const std::string& url, const std::string& ca_file,
                               const std::string& token, const std::string& as) const {
  Json user = {{"token", token}};
  if (!as.empty()) user["as"] = as;
  Json cluster = {{"server", url}};
  if (!ca_file.empty()) cluster["certificate-authority"] = ca_file;
  const Json config = {
      {"apiVersion", "v1"},
      {"kind", "Config"},
      {"clusters", Json::array({{{"name", "c"}, {"cluster", cluster}}})},
      {"users", Json::array({{{"name", "u"}, {"user", user}}})},
      {"contexts", Json::array({{{"name", "x"}, {"context", {{"cluster", "c"}, {"user", "u"}}}}})},
      {"current-context", "x"}};
  testing::WriteWholeFile(directory_.File("kubeconfig"), config.dump(), 0600);
}

std::unique_ptr<ChildProcess> Rewriter::Start(Names arguments) {
  arguments.insert(arguments.begin(), {"bash", BAOKMS_REWRITE_SCRIPT});
  const std::string run = std::to_string(++runs_);
  const std::string kubectl = Kubectl();
  return std::make_unique<ChildProcess>(ChildProcess::Options{
      .argv = arguments,
      .environment = {{"PATH", kubectl.substr(0, kubectl.rfind('/')) + ":/usr/bin:/bin"},
                      {"HOME", directory_.path()},
                      {"TMPDIR", directory_.File("tmp")},
                      {"KUBECONFIG", directory_.File("kubeconfig")}},
      .stdout_file = directory_.File("out" + run),
      .stderr_file = directory_.File("err" + run)});
}

CommandResult Rewriter::Run(const Names& arguments) {
  const auto child = Start(arguments);
  const std::optional<testing::ExitStatus> ended = child->Wait(Milliseconds(180000));
  REQUIRE(ended.has_value());
  CheckNothingLeft();
  return {.code = ended->code.value_or(-1), .out = child->Stdout(), .err = child->Stderr()};
}

std::string Rewriter::Refused(int code, const Names& arguments) {
  const CommandResult result = Run(arguments);
  INFO(result.out);
  INFO(result.err);
  CHECK(result.code == code);
  return result.err;
}

void Rewriter::CheckNothingLeft() const {
  CHECK(Eventually(Milliseconds(5000),
                   [this] { return std::filesystem::is_empty(directory_.File("tmp")); }));
}

}  // namespace baokms::e2e
