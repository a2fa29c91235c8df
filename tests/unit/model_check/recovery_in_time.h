// Whether a node comes to decrypt all that it should within one probe interval, once OpenBao
// answers and its disk works (registry-and-rotation.md, "Several control-plane nodes").
#pragma once

#include <string>

#include "tests/unit/model_check/node.h"
#include "tests/unit/model_check/setting.h"
#include "tests/unit/model_check/transit_key.h"

namespace baokms::core::model_check {

struct InTime {
  // What decrypts after the next regular metadata probe; every identity that Transit decrypts on a
  // node that nothing can be asked of: its files are not to be believed, it may not bootstrap, or
  // Transit contradicts an identity that it recorded, which no rule lets it look past.
  IdentitySet decrypts = 0;
  std::string violation;
};

InTime AfterNextProbe(const Setting& setting, const Node& node, const TransitKey& key);

// A discovery that may start now finds everything; empty: it does, or none may start.
std::string BrokenByDiscovery(const Setting& setting, const Node& node, const TransitKey& key);

// Left alone with an OpenBao that answers, a node becomes healthy and promotes the latest version.
std::string BrokenByRest(const Setting& setting, const Node& node, const TransitKey& key);

}  // namespace baokms::core::model_check
