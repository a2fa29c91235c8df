// `config schema`: the field table as a JSON Schema.
#pragma once

#include <string>

namespace baokms::adapters::config_yaml {

// JSON Schema 2020-12 of the file; two-space indent, trailing newline. It says what one value may
// be and what each choice of login requires; relations between values are left to the program.
std::string ConfigSchema();

}  // namespace baokms::adapters::config_yaml
