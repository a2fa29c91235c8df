// A real etcd as a child on loopback, with a data directory and certificates of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/harness/child_process.h"
#include "tests/support/harness/temp_directory.h"

namespace baokms::testing {

// BAOKMS_ETCD, else `etcd` on PATH; none: the test is skipped with this reason.
std::optional<std::string> FindEtcd();
bool SkippedWithoutEtcd();

enum class EtcdTransport : std::uint8_t { kPlain, kTls, kTlsWithClientCertificates };

// Throws HarnessError when etcd does not come up. One thread.
class EtcdUnderTest {
 public:
  using Objects = std::vector<std::pair<std::string, std::string>>;

  explicit EtcdUnderTest(EtcdTransport transport = EtcdTransport::kPlain,
                         std::vector<std::string> arguments = {});
  // A member that comes up with others: launched, and to be waited for when all are.
  static std::unique_ptr<EtcdUnderTest> LaunchMember(std::vector<std::string> arguments);
  void WaitUp();
  ~EtcdUnderTest();

  // https://127.0.0.1:PORT or http://...
  std::string url() const;
  std::uint16_t port() const { return port_; }
  std::string ca_file() const { return directory_.File("ca.pem"); }
  // Issued by the authority that etcd trusts.
  std::string client_certificate_file() const { return directory_.File("client.pem"); }
  std::string client_key_file() const { return directory_.File("client.key"); }
  // `key-usage` and the flags that lead it here with that certificate.
  std::vector<std::string> KeyUsageCommand() const;
  // Issued by another one.
  std::string foreign_ca_file() const { return directory_.File("foreign-ca.pem"); }
  std::string foreign_certificate_file() const { return directory_.File("foreign.pem"); }
  std::string foreign_key_file() const { return directory_.File("foreign.key"); }

  // In transactions of up to 128; the revision after the last.
  std::int64_t Put(const Objects& objects);
  std::int64_t Delete(const std::string& key);
  // The value of this key, byte for byte; none when it is not there.
  std::optional<std::string> Get(const std::string& key) const;
  // Forgets what was before `revision`, at once.
  void Compact(std::int64_t revision);
  // `etcdctl <arguments>` against it; REQUIREs nothing, returns its exit code.
  int Control(const std::vector<std::string>& arguments) const;
  // The same; what it printed. Throws HarnessError when it fails.
  std::string ControlOutput(const std::vector<std::string>& arguments) const;

  // The same address and data afterwards.
  void Stop();
  void Start();
  ChildProcess& process() { return *process_; }

 private:
  struct Connection;
  struct NotStarted {};
  EtcdUnderTest(NotStarted, EtcdTransport transport, std::vector<std::string> arguments);
  void WriteCertificates();
  void Launch();

  TempDirectory directory_;
  EtcdTransport transport_;
  std::vector<std::string> arguments_;
  std::uint16_t port_;
  std::uint16_t peer_port_;
  std::unique_ptr<ChildProcess> process_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace baokms::testing
