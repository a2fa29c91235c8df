// A node that is set up by `init` and by the files it wrote, in an OpenBao that knows nothing of
// it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/e2e/support/operator_node.h"

namespace baokms::e2e {

struct ScriptResult {
  int code = -1;
  std::string said;  // both outputs
};

// Whether there is no `bao` program to run openbao-setup.sh with; says SKIP.
bool SkippedWithoutBao();

// Values for `init` in the surroundings of `config`; mount, key, method and role are new names.
Json FreshValues(const ProviderConfig& config);
// The public key of bench's issuer of JWTs, in PEM.
std::string IssuerKey(const Bench& bench);

class BundledNode {
 public:
  // The issuer of the JWTs is bench's.
  explicit BundledNode(Bench& bench);

  // `bao-kms-provider init` of `values` into a new bundle. CHECKs exit 0 unless told otherwise.
  CommandResult Init(std::vector<std::string> flags, int code = 0);
  // What the tests run: a file of the last bundle.
  std::string File(std::string_view name) const { return bundle_ + "/" + std::string(name); }
  // openbao-setup.sh of the last bundle, as OpenBao's root.
  ScriptResult Setup(std::vector<std::string> arguments) const;
  // The same; REQUIREs exit 0.
  std::string MustSetup(std::vector<std::string> arguments) const;
  // What an `all` needs to know of the issuer.
  std::vector<std::string> All() const;

  // Takes config.yaml into use. Then the node serves, and doctor, probe and Kubernetes' loader are
  // content with it and with both EncryptionConfigurations.
  void CheckServes();

  testing::AdminReply Admin(const std::string& method, const std::string& path,
                            const Json& data = Json()) const;
  std::string mount() const { return values.at("transit").at("mountPath"); }
  std::string key() const { return mount() + "/keys/" + key_name(); }
  std::string key_name() const { return values.at("transit").at("keyName"); }

  OperatorNode node;
  Json values;

 private:
  void CheckLoads(std::string_view file, bool plain) const;

  Bench& bench_;
  std::string bundle_;
  int bundles_ = 0;
};

}  // namespace baokms::e2e
