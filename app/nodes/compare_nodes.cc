#include "app/nodes/compare_nodes.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <set>
#include <type_traits>
#include <utility>

#include "core/text/duration_words.h"
#include "core/text/rfc3339.h"

namespace baokms::app {
namespace {

using Names = std::vector<std::string>;

// Beyond this, a rotation may have come between two outputs, and an output says little of now.
constexpr std::chrono::seconds kFarApart = std::chrono::minutes(2);
constexpr std::chrono::seconds kOld = std::chrono::minutes(10);
// Clocks of two machines.
constexpr std::chrono::seconds kMostAhead = std::chrono::minutes(5);

// "a", "a and b", "a, b and c".
std::string Joined(const Names& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 == names.size() ? " and " : ", ";
    text += names[i];
  }
  return text;
}

std::string_view Has(const Names& names) { return names.size() == 1 ? " has " : " have "; }
std::string_view Is(const Names& names) { return names.size() == 1 ? " is " : " are "; }

// "X on a and b; Y on c".
template <typename Value>
std::string WhoHasWhat(const std::map<Value, Names>& groups) {
  std::string text;
  for (const auto& [value, names] : groups) {
    if (!text.empty()) text += "; ";
    if constexpr (std::is_same_v<Value, std::string>) {
      text += value;
    } else {
      text += std::to_string(value);
    }
    text += " on " + Joined(names);
  }
  return text;
}

std::string InWords(core::UnixSeconds from, core::UnixSeconds to) {
  return core::DurationWords(std::chrono::seconds(to - from));
}

class Comparer {
 public:
  Comparer(const std::vector<NodeStatus>& nodes, core::UnixSeconds now)
      : nodes_(nodes), now_(now) {}

  Comparison Run() {
    CompareFingerprints();
    CompareVersions();
    CompareHashes();
    FindUnknownKeys();
    WarnOfPrograms();
    WarnOfReadiness();
    WarnOfRotation();
    WarnOfAges();
    return std::move(result_);
  }

 private:
  void Differs(std::string_view field, std::string message, std::string advice,
               bool explained = false) {
    result_.differences.push_back({.field = field,
                                   .message = std::move(message),
                                   .advice = std::move(advice),
                                   .explained_by_pending = explained});
  }
  void Warn(std::string text) { result_.warnings.push_back(std::move(text)); }

  template <typename Predicate>
  Names Those(Predicate which) const {
    Names names;
    for (const NodeStatus& node : nodes_) {
      if (which(node)) names.push_back(node.node);
    }
    return names;
  }

  void CompareFingerprints() {
    std::map<std::string, Names> groups;
    for (const NodeStatus& node : nodes_) {
      if (!node.identity_fingerprint.empty()) {
        groups[node.identity_fingerprint].push_back(node.node);
      }
    }
    fingerprints_differ_ = groups.size() > 1;
    if (fingerprints_differ_) {
      Differs("identityFingerprint", "the identity fingerprint is " + WhoHasWhat(groups),
              "a node with another fingerprint derives other key_ids: compare the fields under "
              "transit and openbao that `bao-kms-provider config` prints on these nodes, and "
              "correct the node that was configured differently");
    }
    const Names unknown =
        Those([](const NodeStatus& node) { return node.identity_fingerprint.empty(); });
    if (!unknown.empty()) {
      Warn("the identity fingerprint of " + Joined(unknown) + std::string(Is(unknown)) +
           "not in the output (asked on the socket, or of an older program): compare "
           "`bao-kms-provider config fingerprint` on the nodes");
    }
  }

  void CompareVersions() {
    std::map<std::int64_t, Names> groups;
    for (const NodeStatus& node : nodes_) {
      if (node.version != 0) groups[node.version].push_back(node.node);
    }
    if (groups.size() < 2) return;
    const std::int64_t newest = groups.rbegin()->first;
    std::vector<const NodeStatus*> pending;
    Names unaware;
    for (const NodeStatus& node : nodes_) {
      if (node.version == 0 || node.version == newest) continue;
      if (node.pending_version >= newest) {
        pending.push_back(&node);
      } else {
        unaware.push_back(node.node);
      }
    }
    std::string advice;
    if (!pending.empty()) advice = AboutPending(pending);
    if (!unaware.empty()) {
      if (!advice.empty()) advice += "; ";
      advice += Joined(unaware) + std::string(Has(unaware)) + "not seen version " +
                std::to_string(newest) +
                " yet: a node sees it within one probe interval (status.probeInterval) while its "
                "metadata probe is good, so take the outputs again; if it stays behind, look at "
                "its metadata probe with `bao-kms-provider status`, and run doctor there";
    }
    versions_differ_ = true;
    Differs("activeTransitVersion", "the active version is " + WhoHasWhat(groups),
            std::move(advice), unaware.empty());
  }

  // Those nodes will promote the newer version by themselves.
  std::string AboutPending(const std::vector<const NodeStatus*>& behind) const {
    Names names;
    std::optional<core::UnixSeconds> last;
    const std::int64_t version = behind.front()->pending_version;
    bool same = true;
    for (const NodeStatus* node : behind) {
      names.push_back(node->node);
      same = same && node->pending_version == version;
      if (node->pending_promotes_after) {
        last =
            std::max(last.value_or(*node->pending_promotes_after), *node->pending_promotes_after);
      }
    }
    std::string text =
        "a rotation is under way, and this is normal until it is over: " + Joined(names) +
        std::string(Has(names)) +
        (same ? "version " + std::to_string(version) : "a newer version") + " pending";
    if (last) {
      const core::UnixSeconds at = *last;
      text += " and will use it at " + core::Rfc3339(at) + " at the earliest" +
              (at > now_ ? " (in " + InWords(now_, at) + ")" : " (that time is over)");
    }
    return text +
           "; take the outputs again one probe interval (status.probeInterval, 30 s by default) "
           "after that. Until then every node decrypts what the others write";
  }

  // A version has one key_id, wherever it is active or pending.
  void CompareHashes() {
    std::map<std::int64_t, std::map<std::string, Names>> by_version;
    const auto add = [&](std::int64_t version, const std::string& hash, const std::string& node) {
      if (version != 0 && !hash.empty()) by_version[version][hash].push_back(node);
    };
    for (const NodeStatus& node : nodes_) {
      add(node.version, node.key_id_hash, node.node);
      add(node.pending_version, node.pending_key_id_hash, node.node);
    }
    for (const auto& [version, hashes] : by_version) {
      if (hashes.size() < 2) continue;
      Differs("activeKeyIdHash",
              "the key_id hash of version " + std::to_string(version) + " is " + WhoHasWhat(hashes),
              fingerprints_differ_
                  ? "the different fingerprints are the reason: correct them first"
                  : "the same version with another key_id was created at another time: check that "
                    "openbao.address leads all nodes to the same OpenBao and key, and that no "
                    "OpenBao was restored from a backup");
    }
    CompareWithoutVersions();
  }

  // Of nodes that were asked on the socket, which knows no version.
  void CompareWithoutVersions() {
    std::map<std::string, Names> active;
    bool compared = false;
    for (const NodeStatus& node : nodes_) {
      if (node.key_id_hash.empty()) continue;
      active[node.key_id_hash].push_back(node.node);
      compared |= node.version == 0;
    }
    if (!compared || active.size() < 2) return;
    // Different versions have different hashes: that was told. A hash of none of them was not.
    if (versions_differ_) return CompareWithKnownHashes();
    std::vector<const NodeStatus*> behind;
    bool explained = false;
    for (const auto& [newest, names] : active) {
      behind.clear();
      for (const NodeStatus& node : nodes_) {
        if (!node.key_id_hash.empty() && node.key_id_hash != newest) behind.push_back(&node);
      }
      explained = std::ranges::all_of(behind, [&hash = newest](const NodeStatus* node) {
        return node->pending_key_id_hash == hash;
      });
      if (explained) break;
    }
    Differs("activeKeyIdHash", "the active key_id hash is " + WhoHasWhat(active),
            explained ? AboutPending(behind)
                      : "the socket does not tell versions: set server.healthAddress, or compare "
                        "`bao-kms-provider rotation-plan` on these nodes",
            explained);
  }

  void CompareWithKnownHashes() {
    std::set<std::string> known;
    for (const NodeStatus& node : nodes_) {
      if (node.version != 0) known.insert({node.key_id_hash, node.pending_key_id_hash});
    }
    std::map<std::string, Names> unknown;
    for (const NodeStatus& node : nodes_) {
      if (node.version != 0 || node.key_id_hash.empty() || known.contains(node.key_id_hash)) {
        continue;
      }
      unknown[node.key_id_hash].push_back(node.node);
    }
    if (unknown.empty()) return;
    Differs("activeKeyIdHash",
            "the active key_id hash is " + WhoHasWhat(unknown) +
                ", which no node that tells its versions has active or pending",
            "the socket does not tell versions: set server.healthAddress there, and compare again");
  }

  void FindUnknownKeys() {
    for (const NodeStatus& node : nodes_) {
      if (!node.key_id_hash.empty()) continue;
      Differs("activeKeyIdHash",
              "it is not known under which key " + node.node + " encrypts: " +
                  (node.source == "none" ? "no provider answered there" : "it has no active key"),
              node.source == "none"
                  ? "start the provider there, and take its output again as root or as a user that "
                    "may use the socket"
                  : "run doctor there, and take its output again when it is ready");
    }
  }

  void WarnOfPrograms() {
    std::map<std::string, Names> groups;
    for (const NodeStatus& node : nodes_) {
      if (!node.program_version.empty()) groups[node.program_version].push_back(node.node);
    }
    if (groups.size() < 2) return;
    Warn("the program is " + WhoHasWhat(groups) +
         ": this is normal during an upgrade; finish it before the next rotation");
  }

  void WarnOfReadiness() {
    for (const NodeStatus& node : nodes_) {
      if (node.ready || node.source == "none") continue;
      Warn(node.node + " was not ready" +
           (node.reasons.empty() ? "" : " (" + Joined(node.reasons) + ")") + ": run doctor there");
    }
  }

  // While all still encrypt under the same version.
  void WarnOfRotation() {
    if (versions_differ_) return;
    std::map<std::int64_t, Names> groups;
    for (const NodeStatus& node : nodes_) {
      if (node.pending_version != 0) groups[node.pending_version].push_back(node.node);
    }
    if (groups.empty()) return;
    Warn("a rotation is under way: pending is version " + WhoHasWhat(groups) +
         "; compare again when it is over");
  }

  void WarnOfAges() {
    const Names unknown = Those([](const NodeStatus& node) { return !node.taken_at; });
    if (!unknown.empty()) {
      Warn("it is not known when the output of " + Joined(unknown) +
           " was taken (an older program): it may not show the present");
    }
    std::optional<core::UnixSeconds> first;
    std::optional<core::UnixSeconds> last;
    for (const NodeStatus& node : nodes_) {
      if (!node.taken_at) continue;
      first = std::min(first.value_or(*node.taken_at), *node.taken_at);
      last = std::max(last.value_or(*node.taken_at), *node.taken_at);
    }
    if (!first) return;
    if (*last - *first > kFarApart.count()) {
      Warn("the outputs were taken " + InWords(*first, *last) +
           " apart, and a rotation may have come between: take all of them again at one time");
    }
    if (now_ - *first > kOld.count()) {
      Warn("the oldest output is " + InWords(*first, now_) + " old: it may not show the present");
    }
    if (*last - now_ > kMostAhead.count()) {
      Warn("the newest output is from the future by " + InWords(now_, *last) +
           ": correct the clocks of the nodes and of this machine");
    }
  }

  const std::vector<NodeStatus>& nodes_;
  const core::UnixSeconds now_;
  bool fingerprints_differ_ = false;
  bool versions_differ_ = false;
  Comparison result_;
};

}  // namespace

Comparison CompareNodes(const std::vector<NodeStatus>& nodes, core::UnixSeconds now) {
  return Comparer(nodes, now).Run();
}

}  // namespace baokms::app
