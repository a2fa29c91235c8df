// What a YAML scalar is to sigs.k8s.io/yaml, which reads YAML 1.1: `yes` is a boolean, `012` is
// ten, 1e3 is a number, a date is text. (plain_scalar.h is for our own file, where all of them are
// refused.)
#pragma once

#include <optional>
#include <string>

#include "adapters/config_yaml/encryption/go_value.h"

namespace baokms::adapters::config_yaml {

// `tag`: as YAML resolves it ("tag:yaml.org,2002:str"); empty where none is written. `plain`: not
// quoted. Nothing where the tag does not fit the text.
std::optional<GoValue> ReadScalar(const std::string& tag, const std::string& text, bool plain);

// Each byte that is no UTF-8 becomes U+FFFD, as where Go writes JSON.
std::string WithValidUtf8(const std::string& text);

}  // namespace baokms::adapters::config_yaml
