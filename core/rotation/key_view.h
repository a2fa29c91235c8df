// Builds the key set that handlers see from one registry generation.
#pragma once

#include <memory>
#include <string_view>

#include "core/model/key_view.h"
#include "core/registry/registry.h"

namespace baokms::core {

std::shared_ptr<const KeySet> BuildKeySet(const Registry& registry,
                                          std::string_view plugin_version);

}  // namespace baokms::core
