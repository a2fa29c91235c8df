// The EncryptionConfigurations of a bundle: for the two phases in which a cluster's API servers are
// switched over, and for the time when nothing is plaintext any more (configuration-and-cli.md,
// "Commands").
#pragma once

#include <cstdint>
#include <string>

#include "app/init/installation.h"

namespace baokms::app {

enum class ApiServerPhase : std::uint8_t {
  kReaders,          // identity first: writes plaintext, reads both
  kWriters,          // KMS first: encrypts what is written, reads both
  kWithoutIdentity,  // KMS alone: encrypts what is written, refuses plaintext
};

std::string EncryptionConfiguration(const Installation& installation, ApiServerPhase phase);

// Empty, or why a file that EncryptionConfiguration made would not do: judged as kube-apiserver and
// `doctor` judge it.
std::string WrongWith(const std::string& encryption_configuration, const Installation& installation,
                      ApiServerPhase phase);

}  // namespace baokms::app
