// What every run of `serve` gives up first: core dumps, ptrace by others, new privileges
// (security-and-deployment.md, "Process").
#pragma once

namespace baokms::app {

// Before any thread or secret.
void GiveUpDumpsAndPrivileges();

// Locked, undumped memory for secrets. False: the limit on locked memory is too small, and secrets
// live in ordinary memory (wiped on release all the same).
bool LockSecretMemory();

}  // namespace baokms::app
