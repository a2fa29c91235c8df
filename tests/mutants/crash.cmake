# What keeps the state files safe, broken one rule at a time.
baokms_mutant_suite(crash TEST "crash_tests: mutant @NAME@ is caught"
  LIBS crash_test_objects ARGUMENTS --abort-after=1)

baokms_mutant(never_syncs_the_directory crash adapters/state_file/atomic_save.cc
  "Crash:*"
  REPLACE "files.Sync(directory)" "SystemResult<void>()")
baokms_mutant(never_syncs_the_file crash adapters/state_file/atomic_save.cc
  "Crash:*"
  REPLACE "auto done = files.Sync(file.number())" "auto done = SystemResult<void>()")
baokms_mutant(syncs_again_after_a_failure crash adapters/state_file/atomic_save.cc
  "Failed save:*"
  REPLACE "auto done = files.Sync(file.number())"
    "auto done = files.Sync(file.number()) ? SystemResult<void>() : files.Sync(file.number())")
baokms_mutant(writes_in_place crash adapters/state_file/atomic_save.cc
  "Crash:*"
  REPLACE "temporary = TemporaryName(name)" "temporary = name"
    "gone = files.UnlinkAt(directory, temporary)" "gone = SystemResult<void>()"
    "name, O_WRONLY | O_CREAT | O_EXCL" "name, O_WRONLY | O_CREAT | O_TRUNC")
baokms_mutant(checkpoint_before_state crash core/registry/registry_save.cc
  "Crash:*keeper*"
  REPLACE "store.SaveState(RegistryBytes(next.ToDocument()))" "SAVE_STATE"
    "store.SaveCheckpoint(CheckpointBytes(next.ToCheckpoint()))"
    "store.SaveState(RegistryBytes(next.ToDocument()))"
    "SAVE_STATE" "store.SaveCheckpoint(CheckpointBytes(next.ToCheckpoint()))")
baokms_mutant(overwrites_a_fork crash core/registry/registry_save.cc
  "Failed save: files*"
  REPLACE "return MayOverwrite(files.state, files.checkpoint, published, save.next)" "return true")
baokms_mutant(believes_that_nothing_happened crash core/registry/registry_save.cc
  "Failed save:*"
  REPLACE " && FilesHold(files->state, files->checkpoint, *published)" "")
baokms_mutant(forgets_the_exact_candidate crash core/rotation/key_keeper.cc
  "Failed save:*"
  REPLACE "if (unsaved_) {" "if (false) {")
baokms_mutant(leaves_the_checkpoint_behind crash core/registry/registry_opening.cc
  "Crash:*"
  REPLACE "recovered.checkpoint == CheckpointStatus::kBehind" "false")
baokms_mutant(builds_on_what_is_not_safe crash adapters/state_file/file_state_store.cc
  "Crash:*"
  REPLACE "!files_.Sync((*directory)->number())" "false")
baokms_mutant(command_saves_the_checkpoint_first crash core/registry/registry_save.cc
  "Crash:*command*"
  REPLACE "store.SaveState(RegistryBytes(next.ToDocument()))" "SAVE_STATE"
    "store.SaveCheckpoint(CheckpointBytes(next.ToCheckpoint()))"
    "store.SaveState(RegistryBytes(next.ToDocument()))"
    "SAVE_STATE" "store.SaveCheckpoint(CheckpointBytes(next.ToCheckpoint()))")
baokms_mutant(changes_before_the_checkpoint crash core/registry/registry_save.cc
  "Crash:*"
  REPLACE "before->checkpoint != care.checkpoint_first" "false")
