#include "tests/e2e/support/operator_node.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

namespace baokms::e2e {

CommandResult OperatorNode::Run(std::vector<std::string> arguments) const {
  for (const std::string& word :
       {std::string("--config"), config.config_file(), std::string("--allow-socket-parent"),
        config.socket_directory()}) {
    arguments.push_back(word);
  }
  CommandResult result = RunCommand(arguments);
  heard_ += result.out + result.err;
  return result;
}

Json OperatorNode::Report(std::vector<std::string> arguments) const {
  arguments.insert(arguments.end(), {"--output", "json"});
  const CommandResult result = Run(std::move(arguments));
  INFO(result.err);
  CHECK(result.code == 0);
  CHECK(result.err.empty());
  CHECK(result.out.ends_with("}\n"));
  Json report = Json::parse(result.out, nullptr, false);
  REQUIRE(report.is_object());
  return report;
}

Json OperatorNode::Plan(std::vector<std::string> arguments) const {
  const DirectoryPicture before = Picture();
  Json report = Report(std::move(arguments));
  CHECK(Picture() == before);
  return report;
}

Json OperatorNode::Apply(const std::vector<std::string>& arguments) const {
  Json plan = Plan(arguments);
  CHECK(plan.at("applied") == false);
  std::vector<std::string> apply = arguments;
  apply.insert(apply.end(),
               {"--apply", "--expected-state-hash", plan.at("stateHash").get<std::string>()});
  const bool retires = arguments.front() == "retire-versions";
  if (retires && std::ranges::find(arguments, "--evidence") == arguments.end()) {
    apply.emplace_back("--without-evidence");
  }
  Json applied = Report(apply);
  CHECK(applied.at("applied") == true);
  plan["applied"] = true;
  CHECK(applied == plan);
  const Json state = ReadState(config);
  CHECK(state.at("currentHash") == applied.at("nextStateHash"));
  CHECK(state.at("previousHash") == applied.at("stateHash"));
  CHECK(state.at("generation") == applied.at("nextGeneration"));
  const Json checkpoint = Json::parse(ReadStateFiles(config).checkpoint, nullptr, false);
  CHECK(checkpoint.at("generation") == applied.at("nextGeneration"));
  CHECK(checkpoint.at("currentHash") == applied.at("nextStateHash"));
  return applied;
}

std::string OperatorNode::Refused(std::vector<std::string> arguments) const {
  const std::string operation = arguments.front();
  const DirectoryPicture before = Picture();
  const CommandResult result = Run(std::move(arguments));
  INFO(result.err);
  CHECK(result.code == 4);
  CHECK(result.out.empty());
  // A line for each reason, and no more.
  CHECK(result.err.ends_with('\n'));
  std::istringstream lines(result.err);
  for (std::string line; std::getline(lines, line);) CHECK(line.starts_with(operation + ": "));
  CHECK(Picture() == before);
  return result.err;
}

DirectoryPicture OperatorNode::Picture() const {
  const std::filesystem::path directory = std::filesystem::path(config.state_file()).parent_path();
  DirectoryPicture picture;
  const auto add = [&](const std::string& path, const std::string& content) {
    struct stat status{};
    REQUIRE(lstat(path.c_str(), &status) == 0);
    picture[path] = {content, status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec};
  };
  add(directory.string(), "");
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    add(entry.path().string(), testing::ReadWholeFile(entry.path().string()));
  }
  return picture;
}

std::string RotateAndPromote(Bench& bench, const Serving& provider) {
  const std::string before = provider.KeyId();
  bench.setup.RotateKey();
  REQUIRE(Eventually(Milliseconds(15000), [&] {
    const testing::StatusAnswer status = provider.stub.Status();
    return status.healthz == "ok" && status.key_id != before;
  }));
  return provider.KeyId();
}

std::vector<std::string> FieldNames(const std::string& json) {
  std::vector<std::string> names;
  const auto document = nlohmann::ordered_json::parse(json, nullptr, false);
  REQUIRE(document.is_object());
  for (const auto& [name, value] : document.items()) names.push_back(name);
  return names;
}

}  // namespace baokms::e2e
