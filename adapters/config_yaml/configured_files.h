// The files that a configuration names, and the check of all of them up front (`serve`, `doctor`).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "adapters/config_yaml/config_problem.h"
#include "core/model/configuration.h"
#include "ports/file_reader.h"

namespace baokms::adapters::config_yaml {

struct ConfiguredFile {
  std::string_view field;
  std::string path;
  ports::FilePolicy policy;
};

// Only those of the chosen login. The PKCS#11 module is not among them: its path is only absolute
// (configuration-and-cli.md, "Files named in the configuration").
std::vector<ConfiguredFile> ConfiguredFiles(const core::Configuration& configuration);

// Every file, and the socket's directory: owned by `effective_uid`, not group or world writable.
// Problems name the field and the bounded word of the problem, never the path.
ConfigProblems CheckConfiguredFiles(const core::Configuration& configuration,
                                    const ports::FileReader& reader, std::uint32_t effective_uid);

}  // namespace baokms::adapters::config_yaml
