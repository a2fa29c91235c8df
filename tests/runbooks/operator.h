// The person who follows a runbook: does the blocks of one section, by name, on the node that the
// page means, with the test's values in place of the examples (tests/runbooks/README.md).
#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/e2e/support/cluster.h"
#include "tests/runbooks/page.h"

namespace baokms::runbooks {

using e2e::Cluster;
using e2e::Node;

// Where a block is done: a node's files, and its provider while that runs.
struct Place {
  Place(Node& node) : config(node.config), serving(node.serving) {}
  Place(e2e::ProviderConfig& files, std::optional<e2e::Serving>& provider)
      : config(files), serving(provider) {}

  e2e::ProviderConfig& config;
  std::optional<e2e::Serving>& serving;
};

// status.probeInterval of the nodes in these cases.
inline constexpr e2e::Milliseconds kInterval{300};
// Where the pages have the hash that a plan printed.
inline constexpr const char* kExampleStateHash = "krs1.b6s0Xy_WNkBsWn8xYkBiBYp2ctE8-mukldwhzpgfXqc";

bool Has(const std::string& output, std::string_view words);
// The hash that this plan printed; REQUIREd.
std::string PlannedHash(const std::string& plan);

class Operator {
 public:
  // REQUIREs that the page has this section.
  Operator(const std::string& page, const std::string& section);

  // Runs the block on this node; REQUIREs that it ends with `code`. What it printed.
  std::string Do(const std::string& block, const Place& node, int code = 0);
  // The same for a block of `bao`. Without that program it is named as not run, `instead` is done,
  // and nothing was printed.
  std::string DoWithBao(
      const std::string& block, const Place& node, const std::function<void()>& instead = [] {},
      int code = 0);
  // From now on this takes the place of an example value of the page.
  void Substitute(const std::string& example, const std::string& value);
  // From now on these run instead of the stand-ins for `kubectl` and rewrite-objects.sh.
  void UseKubernetes(const std::string& kubectl, const std::string& kubeconfig);
  void CheckAllDone() const;
  // For a case that cannot run here and has said so.
  void LeaveUndone() { blocks_.clear(); }

  // Where the pages' /root/kms-state-copy is.
  std::string copies() const { return work_.File("kms-state-copy"); }

  // What kubectl reads and writes: an object is sealed by the node that kubectl was run on.
  void Store(const std::string& object, const std::string& value, const Place& node);
  // As kube-apiserver reads it, through this node.
  testing::DecryptAnswer Read(const std::string& object, const Place& node) const;
  const testing::SealedObject& Stored(const std::string& object) const;

 private:
  struct Answer {
    int code = 0;
    std::string output = {};
  };

  const Block& Find(const std::string& name) const;
  std::string Prepared(const Block& block, const Place& node) const;
  std::string Run(const Block& block, const Place& node, int code);
  void AnswerCalls(const Place& node);
  Answer Handle(const std::vector<std::string>& words, const std::string& input, const Place& node);
  Answer Systemctl(const std::vector<std::string>& words, const Place& node) const;
  Answer RewriteObjects(const std::vector<std::string>& words, const Place& node);
  Answer Kubectl(const std::vector<std::string>& words, const std::string& input,
                 const Place& node);

  std::string section_;
  std::vector<Block> blocks_;  // of this section
  std::string names_;          // the page's "names", before every block
  std::set<std::string> done_;
  std::map<std::string, std::string> values_;
  std::string kubeconfig_;
  std::map<std::string, testing::SealedObject> etcd_;
  testing::TempDirectory work_;
};

// What the retirement page leaves behind on a node that serves.
void Retire(const Place& node, int before_version);

// Remembers that this section has a case; true.
bool Covers(const std::string& page, const std::string& section);
bool IsCovered(const std::string& page, const std::string& section);

}  // namespace baokms::runbooks

// A test case for one section: `person` does its blocks, all of which must have been done at the
// end.
#define RUNBOOK_CASE(group, page, section) \
  RUNBOOK_CASE_NAMED(group, page, section, DOCTEST_ANONYMOUS(RunbookCase))
#define RUNBOOK_CASE_NAMED(group, page, section, function)            \
  static void function(baokms::runbooks::Operator& person);           \
  [[maybe_unused]] static const bool DOCTEST_CAT(function, Covered) = \
      baokms::runbooks::Covers(page, section);                        \
  TEST_CASE(group ": " page ": " section) {                           \
    baokms::runbooks::Operator person(page, section);                 \
    function(person);                                                 \
    person.CheckAllDone();                                            \
  }                                                                   \
  static void function(baokms::runbooks::Operator& person)
