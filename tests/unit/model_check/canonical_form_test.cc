// What the canonical form leaves out makes no difference: two nodes of one form, met on different
// ways, are asked everything and taken every step, and stay of one form.
#include "tests/unit/model_check/canonical_form.h"

#include <doctest/doctest.h>

#include <random>
#include <unordered_map>

#include "tests/unit/model_check/kms_requests.h"
#include "tests/unit/model_check/node_acts.h"

namespace baokms::core::model_check {
namespace {

#ifdef BAOKMS_MODEL_CHECK_FULL
constexpr int kWalks = 300;
#else
constexpr int kWalks = 10;
#endif
constexpr int kSteps = 60;

class Walks {
 public:
  explicit Walks(const Setting& setting) : setting_(setting) {}

  void Walk(unsigned seed) {
    std::mt19937 random(seed);
    Node node;
    TransitKey key;
    for (int i = 0; i < kSteps && !node.refused; ++i) {
      if (random() % 8 == 0) {
        const auto changes = Changes(key, setting_);
        if (!changes.empty()) key = changes[random() % changes.size()].key;
      }
      const auto [met, is_new] = met_.try_emplace(FormOf(setting_, node), node);
      if (!is_new) Compare(node, met->second, key);
      // Misfortune is rare, else no walk comes to a promotion.
      const bool free = random() % 12 != 0;
      auto acts = ActsOf(setting_, node, nullptr, free ? Cost::kFree : Cost::kBounded);
      for (Act& act : ActsOf(setting_, node, &key, free ? Cost::kFree : Cost::kBounded)) {
        acts.push_back(std::move(act));
      }
      if (acts.empty()) continue;
      node = Taken(node, acts[random() % acts.size()]);
    }
  }
  int compared() const { return compared_; }

 private:
  Node Taken(const Node& node, const Act& act) {
    NodeStep step(setting_, node, act.plan);
    act.act(step);
    CHECK(step.violation().empty());
    return step.node();
  }

  void Compare(const Node& node, const Node& other, const TransitKey& key) {
    ++compared_;
    const Answers a = Ask(node.view, node.now);
    const Answers b = Ask(other.view, other.now);
    CHECK(a.healthy == b.healthy);
    CHECK(a.encrypt_version == b.encrypt_version);
    CHECK(a.decrypts == b.decrypts);
    CHECK(a.discovers == b.discovers);
    for (const Cost cost : {Cost::kFree, Cost::kBounded}) {
      for (const TransitKey* depends_on : {static_cast<const TransitKey*>(nullptr), &key}) {
        const auto acts = ActsOf(setting_, node, depends_on, cost);
        const auto others = ActsOf(setting_, other, depends_on, cost);
        REQUIRE(acts.size() == others.size());
        for (std::size_t i = 0; i < acts.size(); ++i) {
          REQUIRE(acts[i].label == others[i].label);
          CAPTURE(acts[i].label);
          REQUIRE(FormOf(setting_, Taken(node, acts[i])) ==
                  FormOf(setting_, Taken(other, others[i])));
        }
      }
    }
  }

  Setting setting_;
  std::unordered_map<std::string, Node> met_;
  int compared_ = 0;
};

TEST_CASE("Canonical form: two nodes that have the same one behave alike") {
  for (const Setting& setting :
       {Setting{.versions = 3, .transit_restores = true},
        Setting{.versions = 3, .slow_calls = true}, Setting{.versions = 3, .delay_ticks = 0}}) {
    Walks walks(setting);
    for (unsigned seed = 1; seed <= kWalks; ++seed) walks.Walk(seed);
    MESSAGE("compared " << walks.compared() << " pairs of nodes");
    CHECK(walks.compared() > kWalks);
  }
}

}  // namespace
}  // namespace baokms::core::model_check
