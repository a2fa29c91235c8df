// From a values file to an installation: omitted values filled in, everything judged before a
// bundle is made of it (reports-and-labels.md, "init").
#pragma once

#include <expected>
#include <string_view>

#include "adapters/config_yaml/config_problem.h"
#include "adapters/config_yaml/validate.h"
#include "app/init/init_request.h"
#include "app/init/installation.h"
#include "ports/random.h"

namespace baokms::app {

// `values` is the text of the values file. Environment overrides do not apply. Every problem at
// once: those of a configuration, and what only a bundle asks for.
std::expected<Installation, adapters::config_yaml::ConfigProblems> PlanInstallation(
    std::string_view values, const InitRequest& request,
    const adapters::config_yaml::AvailableSources& sources, ports::Random& random);

}  // namespace baokms::app
