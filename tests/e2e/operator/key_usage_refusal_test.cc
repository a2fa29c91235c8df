// `key-usage`: what it refuses, and what it says when etcd cannot be read.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include "tests/e2e/support/operator_node.h"
#include "tests/support/etcd/etcd_under_test.h"
#include "tests/support/harness/free_port.h"

namespace baokms::e2e {
namespace {

using testing::EtcdTransport;
using testing::EtcdUnderTest;

CommandResult RunWith(const OperatorNode& node, const Names& flags) {
  Names arguments = {"key-usage"};
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  const CommandResult result = node.Run(arguments);
  CHECK(result.out.empty());
  return result;
}

TEST_CASE("Key usage: flags that make no sense are usage errors that say what would") {
  Bench bench;
  const OperatorNode node(bench);
  const std::string here = "http://127.0.0.1:1";
  const std::vector<std::pair<Names, std::string>> wrong = {
      {{}, "--etcd-endpoints"},
      {{"--etcd-endpoints", ""}, "--etcd-endpoints"},
      {{"--etcd-endpoints", "127.0.0.1:2379"}, "must be https://HOST:PORT"},
      {{"--etcd-endpoints", here + ",http://10.0.0.7:2379"}, "must be https://"},
      {{"--etcd-endpoints", "http://localhost:2379"}, "loopback address such as 127.0.0.1"},
      {{"--etcd-endpoints", "https://127.0.0.1:1"}, "--etcd-cacert"},
      {{"--etcd-endpoints", here, "--etcd-cacert", "/x"}, "must be https"},
      {{"--etcd-endpoints", here, "--etcd-cert", "/x"}, "--etcd-key"},
      {{"--etcd-endpoints", here, "--etcd-key", "/x"}, "--etcd-cert"},
      {{"--etcd-endpoints", here, "--page-size", "0"}, "from 1 to 10000"},
      {{"--etcd-endpoints", here, "--page-size", "10001"}, "from 1 to 10000"},
      {{"--etcd-endpoints", here, "--page-size", "many"}, "from 1 to 10000"},
      {{"--etcd-endpoints", here, "--prefix", "/registry"}, "must begin and end with a slash"},
      {{"--etcd-endpoints", here, "--prefix", "registry/"}, "must begin and end with a slash"},
      {{"--etcd-endpoints", here, "--prefix", "/"}, "must begin and end with a slash"},
      {{"--etcd-endpoints", here, "--output", "yaml"}, "text or json"}};
  for (const auto& [flags, words] : wrong) {
    CAPTURE(words);
    const CommandResult result = RunWith(node, flags);
    CHECK(result.code == 2);
    CHECK(result.err.starts_with("usage: "));
    CHECK(Says(result.err, words));
  }
}

TEST_CASE("Key usage: files of the flags are checked as those of the configuration") {
  Bench bench;
  const OperatorNode node(bench);
  const testing::TempDirectory directory;
  const std::string good = directory.Write("good.pem", "x", 0644);
  const std::string key = directory.Write("good.key", "x", 0640);
  const std::string open_key = directory.Write("open.key", "x", 0644);
  const std::string open_ca = directory.Write("open.pem", "x", 0664);
  CHECK(symlink(good.c_str(), directory.File("link.pem").c_str()) == 0);
  CHECK(chmod(directory.path().c_str(), 0777) == 0);  // anybody could have made the link
  const auto run = [&](const std::string& ca, const std::string& cert, const std::string& its_key) {
    return RunWith(node, {"--etcd-endpoints", "https://127.0.0.1:1", "--etcd-cacert", ca,
                          "--etcd-cert", cert, "--etcd-key", its_key});
  };
  const auto check = [&](const CommandResult& result, std::string_view words) {
    CAPTURE(result.err);
    CHECK(result.code == 3);
    CHECK(Says(result.err, words));
    CHECK_FALSE(Says(result.err, directory.path()));
  };
  check(run(good, good, open_key), "--etcd-key: unsafe_permissions");
  check(run(open_ca, good, key), "--etcd-cacert: unsafe_permissions");
  check(run(directory.File("link.pem"), good, key), "--etcd-cacert: symlink_unsupported");
  check(run(good, directory.File("none"), key), "--etcd-cert: file_missing");
  check(run("relative.pem", good, key), "--etcd-cacert: absolute_path_required");
  const CommandResult no_pem = run(good, good, key);
  CHECK(no_pem.code == 4);
  CHECK(Says(no_pem.err, "--etcd-cacert contains no PEM certificate"));
}

TEST_CASE("Key usage: each way of not reaching etcd has its advice and no report") {
  if (testing::SkippedWithoutEtcd()) return;
  Bench bench;
  const OperatorNode node(bench);
  EtcdUnderTest etcd(EtcdTransport::kTlsWithClientCertificates);
  const auto run = [&](const std::string& url, const std::string& ca, Names rest) {
    Names flags = {"--etcd-endpoints", url, "--etcd-cacert", ca};
    flags.insert(flags.end(), rest.begin(), rest.end());
    const CommandResult result = RunWith(node, flags);
    CHECK(result.code == 4);
    CHECK(result.err.starts_with("key-usage: "));
    return result.err;
  };
  const Names client = {"--etcd-cert", etcd.client_certificate_file(), "--etcd-key",
                        etcd.client_key_file()};
  CHECK(Says(run(etcd.url(), etcd.foreign_ca_file(), client), "not valid under --etcd-cacert"));
  CHECK(Says(run(etcd.url(), etcd.ca_file(), {}), "client certificate"));
  CHECK(Says(
      run(etcd.url(), etcd.ca_file(),
          {"--etcd-cert", etcd.foreign_certificate_file(), "--etcd-key", etcd.foreign_key_file()}),
      "client certificate"));
  const std::string away = "https://127.0.0.1:" + std::to_string(testing::FreePort());
  CHECK(Says(run(away, etcd.ca_file(), client), "the connection was refused"));
  const std::string both = run(away + ",https://no-such-host.invalid", etcd.ca_file(), client);
  CHECK(Says(both, "key-usage: endpoint 1 of 2: the connection was refused"));
  CHECK(Says(both, "key-usage: endpoint 2 of 2: the host name could not be resolved"));
  // OpenBao is no etcd.
  CHECK(Says(run(SharedOpenBao().address(), SharedOpenBao().ca_file(), {}),
             "does not serve etcd's client API"));
}

TEST_CASE("Key usage: a configuration that is refused comes before etcd") {
  Bench bench;
  OperatorNode node(bench);
  node.config.tree["transit"]["keyIdScope"].erase("providerName");
  node.config.Write();
  const CommandResult result = RunWith(node, {"--etcd-endpoints", "http://127.0.0.1:1"});
  CHECK(result.code == 3);
  CHECK(Says(result.err, "transit.keyIdScope.providerName"));
}

}  // namespace
}  // namespace baokms::e2e
