// What the provider does to its own process before it serves: environment, hardening, signals.
#include <absl/synchronization/mutex.h>
#include <doctest/doctest.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <string>

#include "app/process/descriptor_limit.h"
#include "app/process/environment.h"
#include "app/process/library_locks.h"
#include "app/process/startup.h"
#include "app/serve/signals.h"

namespace baokms::app {

TEST_CASE("Environment: whatever redirects, records or weakens the libraries is removed") {
  const std::array dangerous{"SSLKEYLOGFILE",  "GRPC_TRACE",    "GRPC_VERBOSITY",
                             "https_proxy",    "HTTPS_PROXY",   "ALL_PROXY",
                             "no_proxy",       "SSL_CERT_FILE", "OPENSSL_CONF",
                             "CURL_CA_BUNDLE", "HOSTALIASES",   "MALLOC_PERTURB_"};
  for (const char* name : dangerous) REQUIRE(setenv(name, "value", 1) == 0);
  REQUIRE(setenv("BAO_KMS_PROVIDER_CONFIG", "stays", 1) == 0);
  REQUIRE(setenv("MY_SSL_THING", "stays", 1) == 0);
  ScrubEnvironment();
  for (const char* name : dangerous) {
    CAPTURE(name);
    CHECK(getenv(name) == nullptr);
  }
  CHECK(std::string(getenv("BAO_KMS_PROVIDER_CONFIG")) == "stays");
  CHECK(std::string(getenv("MY_SSL_THING")) == "stays");
  CHECK(getenv("PATH") != nullptr);
  unsetenv("BAO_KMS_PROVIDER_CONFIG");
  unsetenv("MY_SSL_THING");
}

TEST_CASE("Environment: a proxy for https that was set is remembered and one for http is not") {
  REQUIRE(setenv("http_proxy", "http://proxy.invalid", 1) == 0);
  REQUIRE(setenv("https_proxy", "", 1) == 0);
  ScrubEnvironment();
  CHECK(UnusedProxy().empty());
  for (const char* name : {"HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"}) {
    REQUIRE(setenv(name, "http://proxy.invalid", 1) == 0);
    ScrubEnvironment();
    CHECK(UnusedProxy() == name);
  }
  ScrubEnvironment();
  CHECK(UnusedProxy().empty());
}

TEST_CASE("Environment: none at all is no problem") {
  char** kept = environ;
  environ = nullptr;
  ScrubEnvironment();
  environ = kept;
}

TEST_CASE("Signals: they wait to be taken and one that does not come is none") {
  sigset_t before;
  REQUIRE(pthread_sigmask(SIG_SETMASK, nullptr, &before) == 0);
  {
    const Signals signals;
    CHECK(signals.Wait(std::chrono::milliseconds(1)) == 0);
    CHECK(signals.Wait(std::chrono::seconds(-1)) == 0);
    for (const int number : {SIGTERM, SIGINT, SIGHUP}) {
      REQUIRE(kill(getpid(), number) == 0);
      CHECK(signals.Wait(std::chrono::seconds(5)) == number);
    }
  }
  REQUIRE(pthread_sigmask(SIG_SETMASK, &before, nullptr) == 0);
}

// In a process of its own, because a detector that is on ends it.
TEST_CASE("Startup: locks of the libraries are not checked for their order") {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    StopLockOrderChecks();
    absl::Mutex first;
    absl::Mutex second;
    for (int turn = 0; turn < 2; ++turn) {
      absl::Mutex& outer = turn == 0 ? first : second;
      absl::Mutex& inner = turn == 0 ? second : first;
      const absl::MutexLock held(&outer);
      const absl::MutexLock also_held(&inner);
    }
    _exit(0);
  }
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
}

// In a process of its own, because the hard limit cannot be raised again.
TEST_CASE("Startup: the soft limit of descriptors becomes the hard one") {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const rlimit low{.rlim_cur = 64, .rlim_max = 200};
    rlimit limit{};
    const bool lowered = setrlimit(RLIMIT_NOFILE, &low) == 0;
    RaiseDescriptorLimit();
    RaiseDescriptorLimit();
    const bool raised =
        getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur == 200 && limit.rlim_max == 200;
    _exit(lowered && raised ? 0 : 1);
  }
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

// In a process of its own, because none of it can be taken back.
TEST_CASE(
    "Startup: a hardened process has no dumps and no new privileges and outlives a lost peer") {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    HardenProcess();
    raise(SIGPIPE);
    rlimit dump{.rlim_cur = 1, .rlim_max = 1};
    getrlimit(RLIMIT_CORE, &dump);
    const bool hardened = dump.rlim_cur == 0 && dump.rlim_max == 0 &&
                          prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 &&
                          prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
    _exit(hardened ? 0 : 1);
  }
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

}  // namespace baokms::app
