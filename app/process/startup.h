// How the process starts (architecture.md), in the order that later work must not change:
//   1. BeginProcess: the libraries' locks, the heap's arenas, code of the host, the standard
//      streams, the environment, the libraries' logs, gRPC's timers and the limit of descriptors.
//   2. HardenProcess: dumps, privileges and SIGPIPE. `serve` takes its signals next.
//   3. The configuration is read and checked.
//   4. Landlock: before the first thread.
//   5. The first thread: `serve` writes its log with one.
//   6. OpenLibraries: locked memory for secrets, then libcurl.
//   7. gRPC, listeners, probes, the socket; seccomp; ready.
// What needs no configuration ends with 2. All of it on the main thread, each step once.
#pragma once

namespace baokms::app {

// First thing in main, before anything is opened or parsed and before any gRPC or protobuf call.
void BeginProcess();

// Whatever handles secrets, before it reads its configuration.
void HardenProcess();

// Before the first transport. `lock_memory`: hardening.lockMemory. Whether secrets are in locked
// memory: false when they need not be, and when the limit is too small (they live in ordinary
// memory then, wiped all the same).
bool OpenLibraries(bool lock_memory);

}  // namespace baokms::app
