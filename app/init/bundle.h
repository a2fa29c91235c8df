// The files of an installation bundle, made and checked in memory (reports-and-labels.md, "init").
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "adapters/config_yaml/validate.h"
#include "app/init/installation.h"

namespace baokms::app {

struct BundleFile {
  std::string name;
  std::uint32_t mode = 0;  // permission bits
  std::string purpose;     // for people
  std::string content;
};

// In the order in which they are written; installation.json, which names the others, comes last.
// config.yaml and both EncryptionConfigurations have been read back and are what was meant; the
// error says which is not, which is a defect of this program. `options` judged the installation.
std::expected<std::vector<BundleFile>, std::string> MakeBundle(
    const Installation& installation, const adapters::config_yaml::ValidationOptions& options);

}  // namespace baokms::app
