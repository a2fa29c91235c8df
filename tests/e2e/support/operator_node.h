// One node as its operator sees it: commands with the node's configuration, and its files.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/e2e/support/bench.h"

namespace baokms::e2e {

// Contents and time of change of every file in the state directory, and of the directory.
using DirectoryPicture = std::map<std::string, std::pair<std::string, std::int64_t>>;

class OperatorNode {
 public:
  explicit OperatorNode(Bench& bench) : config(bench.Config()) {}

  // `bao-kms-provider <arguments> --config ... --allow-socket-parent ...`.
  CommandResult Run(std::vector<std::string> arguments) const;
  // CHECKs exit 0, an empty standard error and a JSON report.
  Json Report(std::vector<std::string> arguments) const;
  // The same, and that no file changed.
  Json Plan(std::vector<std::string> arguments) const;
  // A plan, and then that plan applied: CHECKs that both say the same and that the files hold it.
  Json Apply(const std::vector<std::string>& arguments) const;
  // CHECKs exit 4, no report and unchanged files; what standard error says.
  std::string Refused(std::vector<std::string> arguments) const;

  DirectoryPicture Picture() const;
  // Everything that commands have printed so far, errors included.
  const std::string& heard() const { return heard_; }
  std::string StateHash() const { return ReadState(config).at("currentHash"); }

  ProviderConfig config;

 private:
  mutable std::string heard_;
};

// Serves until the Transit key has rotated once more and that version is active.
std::string RotateAndPromote(Bench& bench, const Serving& provider);

// Names of a JSON object's fields, in its order.
std::vector<std::string> FieldNames(const std::string& json);

}  // namespace baokms::e2e
