#include "tests/e2e/support/pkcs11_node.h"

#include <utility>

namespace baokms::e2e {
namespace {

testing::SetupOptions NamesWithTtl(std::chrono::seconds token_ttl) {
  testing::SetupOptions names = FreshNames();
  names.token_ttl = token_ttl;
  return names;
}

}  // namespace

Pkcs11Node::Pkcs11Node(Options options)
    : setup(options.server, NamesWithTtl(options.token_ttl)),
      config(options.server, setup),
      server_(options.server),
      mount_("auth/cert-" + setup.options().key_name),
      key_(std::move(options.key)),
      authority_(std::move(options.authority)) {
  hsm.MakeToken(kTokenLabel, kTokenPin);
  if (options.mechanisms.empty()) {
    hsm.ImportKey(kTokenLabel, kTokenPin, "provider-key", key_.get());
  } else {
    hsm.ImportKeyFor(options.mechanisms, kTokenLabel, kTokenPin, "provider-key", key_.get());
  }
  WriteCertificate();
  WritePin(kTokenPin);
  server_.MustAdmin("POST", "sys/" + mount_, {{"type", "cert"}});
  server_.MustAdmin("POST", mount_ + "/certs/node",
                    {{"certificate", authority_.pem()},
                     {"allowed_common_names", {"node"}},
                     {"token_policies", {setup.options().policy}},
                     {"token_ttl", options.token_ttl.count()},
                     {"token_max_ttl", 3600}});
  Json& auth = config.tree["auth"];
  auth["method"] = "cert";
  auth.erase("jwt");
  auth["cert"] = {{"source", "pkcs11"},
                  {"mountPath", mount_},
                  {"name", "node"},
                  {"pkcs11",
                   {{"certificateFile", config.directory().File("chain.pem")},
                    {"modulePath", options.module},
                    {"tokenLabel", kTokenLabel},
                    {"keyLabel", "provider-key"},
                    {"pinFile", config.directory().File("pin")},
                    {"maxSessions", 2}}}};
  config.Write();
}

void Pkcs11Node::WriteCertificate(std::chrono::seconds valid, bool for_clients) const {
  emulator::LeafRequest leaf;
  leaf.common_name = "node";
  leaf.client = for_clients;
  leaf.key = key_;
  if (valid.count() < 0) leaf.not_before_offset = -86400;
  leaf.valid_seconds = valid.count();
  config.directory().Write("chain.pem", authority_.Issue(leaf).certificate_pem, 0640);
}

void Pkcs11Node::WritePin(const std::string& pin) const {
  config.directory().Write("pin", pin + "\n", 0600);
}

}  // namespace baokms::e2e
