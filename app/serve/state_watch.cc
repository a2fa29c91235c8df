#include "app/serve/state_watch.h"

namespace baokms::app {

void StateWatch::LookBeforeSave(const core::Registry& published) {
  // Anything else is the save's matter: after a failed one they may hold what it attempted.
  if (core::LookAtFiles(store_, published) == core::FilesFound::kMissing) Look(published);
}

void StateWatch::Look(const core::Registry& published) {
  core::FilesFound found = core::LookAtFiles(store_, published);
  const bool given_back =
      found == core::FilesFound::kMissing && core::GiveBackFiles(store_, published);
  if (given_back) {
    tell_(found, /*given_back=*/true);
    found = core::FilesFound::kIntact;
    found_ = found;
    return;
  }
  if (found_.exchange(found) != found) tell_(found, /*given_back=*/false);
}

}  // namespace baokms::app
