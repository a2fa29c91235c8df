// Which resource an etcd key belongs to, as Kubernetes lays its keys out (reports-and-labels.md,
// "key-usage").
#pragma once

#include <string>
#include <string_view>

namespace baokms::core {

// Where kube-apiserver keeps everything unless its --etcd-prefix says otherwise.
inline constexpr std::string_view kRegistryRoot = "/registry/";

// Of a key that does not look like one of Kubernetes, and of groups that there was no room for.
inline constexpr std::string_view kOtherResource = "other";

// The name that an EncryptionConfiguration has for it, as far as the key tells: "secrets",
// "widgets.example.org". Keys of built-in resources do not hold their API group, so it is missing
// there: "deployments" is what the configuration calls "deployments.apps". Lower-case letters,
// digits, '-' and '.' alone, at most 317 characters; "other" for anything else.
//
// `prefix`: the API server's --etcd-prefix with a slash behind it, or any longer prefix below
// kRegistryRoot. `key` begins with it.
std::string ResourceOf(std::string_view key, std::string_view prefix);

}  // namespace baokms::core
