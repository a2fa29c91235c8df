// Which resources an EncryptionConfiguration may list, and in which order: wildcards may not hide
// what stands beside or behind them.
#pragma once

#include "adapters/config_yaml/encryption/kubernetes_rules.h"

namespace baokms::adapters::config_yaml {

// Of each entry by itself.
void JudgeResourceNames(const PlacedList<PlacedText>& resources, KubernetesVerdict& verdict);

// Of all entries in their order.
void JudgeMasks(const EncryptionFile& file, KubernetesVerdict& verdict);

}  // namespace baokms::adapters::config_yaml
