#include "tests/bench/peer.h"

#include <chrono>

#include "tests/bench/serving.h"
#include "tests/support/harness/harness_error.h"
#include "tests/support/harness/within.h"

namespace baokms::testing {

using namespace std::chrono_literals;

Peer::Peer(const Options& options, const OpenBaoUnderTest& openbao, const OpenBaoSetup& setup)
    : options_(options) {
  if (!options.command.empty()) {
    const SetupOptions& names = setup.options();
    // Plugins look their token up, which the provider's policy does not allow.
    const AdminReply made = openbao.MustAdmin(
        "POST", "auth/token/create", {{"policies", {names.policy, "default"}}, {"ttl", "1h"}});
    process_ = std::make_unique<ChildProcess>(ChildProcess::Options{
        .argv = {"/bin/sh", "-c", "exec " + options.command},
        .environment = {{"BENCH_ADDRESS", openbao.address()},
                        {"BENCH_CA", openbao.ca_file()},
                        {"BENCH_TOKEN", made.json.at("auth").at("client_token").get<std::string>()},
                        {"BENCH_MOUNT", names.transit_mount},
                        {"BENCH_KEY", names.key_name},
                        {"BENCH_SOCKET", options.socket}},
        .stdout_file = directory_.File("out"),
        .stderr_file = directory_.File("err")});
  }
  if (!Within(10s, 5ms, [&] { return Connects(options.socket); })) {
    throw HarnessError("the peer does not serve" +
                       (process_ ? ":\n" + process_->Stderr() : std::string()));
  }
  pid_ = ListenerOf(options.socket);
}

}  // namespace baokms::testing
