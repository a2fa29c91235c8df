// What is left to do once a bundle is written, in the order in which a person does it.
#pragma once

#include <string>
#include <vector>

#include "app/init/installation.h"

namespace baokms::app {

std::vector<std::string> RemainingActions(const Installation& installation);

}  // namespace baokms::app
