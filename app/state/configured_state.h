// The state files that the configuration names, and the identity that they must be bound to.
#pragma once

#include <memory>

#include "adapters/state_file/file_state_store.h"
#include "adapters/state_file/posix_file_system.h"
#include "app/configuration/configuration_source.h"
#include "core/registry/registry.h"

namespace baokms::app {

struct ConfiguredState {
  explicit ConfiguredState(const core::Configuration& configuration)
      : identity(std::make_shared<const core::BoundIdentity>(IdentityOf(configuration))),
        store(file_system, configuration.state.path) {}

  core::Registry::Identity identity;
  adapters::state_file::PosixFileSystem file_system;
  adapters::state_file::FileStateStore store;
};

}  // namespace baokms::app
