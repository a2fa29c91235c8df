#include "tests/unit/model_check/recovery_in_time.h"

#include "tests/unit/model_check/key_keeper_form.h"
#include "tests/unit/model_check/kms_requests.h"
#include "tests/unit/model_check/node_rules.h"
#include "tests/unit/model_check/node_step.h"

namespace baokms::core::model_check {
namespace {

// A node to which nothing bad happens any more. A rule that one of its steps breaks is not told
// here: the search comes to the same step.
class Untroubled {
 public:
  Untroubled(const Setting& setting, const Node& node, const TransitKey& key)
      : setting_(setting), node_(node), key_(key) {}

  const Node& node() const { return node_; }
  int ticks() const { return ticks_; }
  // It goes on and on without any time passing.
  bool spins() const { return advances_ > 20 * (ticks_ + 1); }
  std::optional<bool> regular_probe() const { return regular_probe_; }

  // What is due next: a start, the answer of the call under way, or one tick.
  void Advance() {
    ++advances_;
    NodeStep step(setting_, node_);
    if (!node_.keeper) {
      step.Start();
    } else if (node_.call.kind == Call::Kind::kRead) {
      step.ReadSucceeds(key_);
      read_ = true;
    } else if (node_.call.kind == Call::Kind::kProbe) {
      step.ProbeEnds(key_.Encrypts(node_.call.version) ? DeepEnd::kGood : DeepEnd::kRefused);
    } else {
      step.Tick();
      ++ticks_;
    }
    Take(step);
  }
  void Discover(Identity identity) {
    NodeStep step(setting_, node_);
    step.Discover(identity);
    Take(step);
  }

 private:
  void Take(const NodeStep& step) {
    // One that read before says nothing of the key as it is now.
    if (read_ && step.regular_probe()) regular_probe_ = step.regular_probe();
    node_ = step.node();
  }

  const Setting& setting_;
  Node node_;
  const TransitKey& key_;
  int ticks_ = 0;
  int advances_ = 0;
  bool read_ = false;
  std::optional<bool> regular_probe_;
};

// Nothing may be asked of it: see InTime::decrypts.
bool Excused(const Node& node, const TransitKey& key) {
  if (node.refused || node.disk.tampering != Tampering::kNone) return true;
  if (!node.keeper) return false;  // its start tells
  const std::optional<Registry>& known = node.keeper->registry();
  return known ? Contradicts(key, *known) : key.latest > 1;
}

int TicksAllowed(const Setting& setting) {
  const KeeperPolicy policy = PolicyOf(setting);
  return static_cast<int>(policy.probe_interval / kTick) + (setting.slow_calls ? 1 : 0);
}

}  // namespace

InTime AfterNextProbe(const Setting& setting, const Node& node, const TransitKey& key) {
  InTime excused{.decrypts = key.Decryptable(), .violation = ""};
  Untroubled run(setting, node, key);
  const int allowed = TicksAllowed(setting);
  while (!run.regular_probe()) {
    if (Excused(run.node(), key)) return excused;
    if (run.ticks() > allowed || run.spins())
      return {.decrypts = 0, .violation = "no metadata probe comes in time"};
    run.Advance();
  }
  if (!*run.regular_probe()) {
    if (Excused(run.node(), key)) return excused;
    return {.decrypts = 0, .violation = "a metadata probe fails although OpenBao answers"};
  }
  return {.decrypts = Ask(run.node().view, run.node().now).decrypts, .violation = ""};
}

std::string BrokenByDiscovery(const Setting& setting, const Node& node, const TransitKey& key) {
  if (!node.keeper || !KeyKeeperForm::MayDiscover(*node.keeper, node.now.monotonic)) return "";
  const Answers answers = Ask(node.view, node.now);
  const IdentitySet missing =
      Without(Without(key.Decryptable(), answers.decrypts), node.memory.removed);
  for (Identity identity = 0; identity < kIdentities; ++identity) {
    if (!Contains(missing, identity) || !Contains(answers.discovers, identity)) continue;
    Untroubled run(setting, node, key);
    run.Discover(identity);
    if (run.node().call.kind != Call::Kind::kRead) return "a discovery does not start";
    run.Advance();
    if (Excused(run.node(), key)) return "";
    const IdentitySet still = Without(missing, Ask(run.node().view, run.node().now).decrypts);
    return still == 0 ? "" : "a discovery does not find " + Names(still);
  }
  return "";
}

std::string BrokenByRest(const Setting& setting, const Node& node, const TransitKey& key) {
  Untroubled run(setting, node, key);
  const KeeperPolicy policy = PolicyOf(setting);
  const int interval = static_cast<int>(policy.probe_interval / kTick);
  const int enough = TicksAllowed(setting) + 4 * interval +
                     interval * (setting.required_observations + 2) + setting.delay_ticks;
  while (run.ticks() <= enough && !run.spins()) {
    if (Excused(run.node(), key)) return "";
    run.Advance();
  }
  if (Excused(run.node(), key)) return "";
  const Answers answers = Ask(run.node().view, run.node().now);
  if (!answers.healthy) return "a node that is left alone stays unhealthy";
  if (answers.status_key != key.Made(key.latest)) {
    return "a node that is left alone never promotes " + Name(key.Made(key.latest));
  }
  return "";
}

}  // namespace baokms::core::model_check
