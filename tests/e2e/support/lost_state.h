// Nodes whose state files are lost, and the command that makes them anew.
#pragma once

#include <string>
#include <vector>

#include "tests/e2e/support/operator_node.h"

namespace baokms::e2e {

// `recover-state` and its flags.
Names RecoverState(Names flags = {});

void LoseFiles(const ProviderConfig& config);

// Until the latest version of the key is as old as a recovery wants it: two probes.
void LetPeersSee(Milliseconds interval);

// A plan, and then that plan applied, without evidence when none is given: CHECKs that both say the
// same and that the files hold it. What was applied.
Json Recover(const ProviderConfig& config, const Names& evidence);

// A node that served until version `last`, with an object under each; stopped.
struct Served {
  explicit Served(int last);
  // CHECKs that it serves with the same key_id and opens every object.
  void CheckServes() const;
  // A file that --peer-state or --evidence may name.
  std::string File(const std::string& name, const std::string& content) const;
  std::string ProviderName() const;
  // The report of `key-usage` on an etcd with one object under each key_id, and a plain one.
  std::string CensusOf(const std::vector<std::string>& key_ids) const;

  Bench bench;
  OperatorNode node;
  std::vector<testing::SealedObject> objects;
  std::string key_id;
  StateFiles files;  // as they were
};

}  // namespace baokms::e2e
