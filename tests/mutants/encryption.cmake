# What kube-apiserver refuses, and what doctor says of a file that it accepts.
baokms_mutant_suite(encryption TEST "app_tests: mutant @NAME@ is caught"
  LIBS encryption_check_test_objects)
set(table "EncryptionConfiguration check: every file of the table*")

baokms_mutant(secret_of_any_size encryption adapters/config_yaml/encryption/kubernetes_rules.cc
  "${table}"
  REPLACE "std::ranges::find(sizes, bytes->size()) == sizes.end()" "sizes.size() == 0")
baokms_mutant(provider_listed_twice encryption adapters/config_yaml/encryption/kubernetes_rules.cc
  "${table}"
  REPLACE "known && !first_version" "known && first_version")
baokms_mutant(resource_masked encryption adapters/config_yaml/encryption/resource_rules.cc
  "${table}"
  REPLACE "seen.insert(seen.end(), here.begin(), here.end())" "")
baokms_mutant(resource_beside_a_wildcard encryption adapters/config_yaml/encryption/resource_rules.cc
  "${table}"
  REPLACE "overlap || Overlap(parsed, other)" "overlap && Overlap(parsed, other)")
baokms_mutant(null_counts encryption adapters/config_yaml/encryption/encryption_file.cc
  "${table}"
  REPLACE "if (entry.key != Name(kind) || entry.value.kind == Kind::kNull) continue"
    "if (entry.key != Name(kind)) continue")
baokms_mutant(key_repeated_by_a_merge encryption adapters/config_yaml/encryption/yaml_values.cc
  "${table}"
  REPLACE "if (other != mapping.entries.end()) {" "if (other != mapping.entries.end() && false) {")
baokms_mutant(yes_is_text encryption adapters/config_yaml/encryption/scalar_reading.cc
  "${table}"
  REPLACE "return {.sort = Sort::kBoolean}" "return {.sort = Sort::kText}")
baokms_mutant(padding_not_wanted encryption adapters/config_yaml/encryption/go_base64.cc
  "${table}"
  REPLACE "characters % 4 != 0 || " "")
baokms_mutant(any_socket_is_ours encryption adapters/config_yaml/encryption/encryption_configuration.cc
  "${table}"
  REPLACE "FileName(endpoint.path) == FileName(socket_)" "!endpoint.path.empty()")
baokms_mutant(another_first_unsaid encryption adapters/config_yaml/encryption/encryption_configuration.cc
  "${table}"
  REPLACE "|| i == 0) continue" "|| i < 9) continue")
baokms_mutant(kms_v1_unsaid encryption adapters/config_yaml/encryption/encryption_configuration.cc
  "${table}"
  REPLACE "if (provider.kms.api_version.text == \"v1\")" "if (provider.kms.api_version.text.empty())")
baokms_mutant(directory_compared_as_text encryption app/checks/encryption_config_check.cc
  "EncryptionConfiguration check: a symlink*"
  REPLACE "weakly_canonical(one, error)" "path(one)")
