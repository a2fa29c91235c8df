# Wrong rules that the model check must find out; docs/model-check.md lists what each breaks.
baokms_mutant_suite(model TEST "model_check_tests: mutant @NAME@ has a counterexample"
  LIBS model_check_objects)

# ---- promotion ----
baokms_mutant(promotes_without_delay model core/rotation/key_keeper.cc
  "Model: one node*slow calls" RULE "a promotion comes before the activation delay is over"
  REPLACE "(due && now >= *due)" "due.has_value()")
baokms_mutant(keeps_the_delay_over_a_restart model core/rotation/key_keeper.cc
  "Model: one node*slow calls" RULE "a promotion comes before the activation delay is over"
  REPLACE "return policy_.activation_delay == Duration::zero() ||"
    "return policy_.activation_delay == Duration::zero() || (published_ && published_->pending() && published_->pending()->stable_at != 0 && !delay_of_) ||")
baokms_mutant(measures_the_delay_on_the_wall_clock model core/rotation/key_keeper.cc
  "Model: two nodes*never promoted" RULE "a promotion comes before the activation delay is over"
  REPLACE "return delay_started_ + policy_.activation_delay"
    "return last_wall_ - pending->stable_at >= std::chrono::duration_cast<std::chrono::seconds>(policy_.activation_delay).count() ? MonotonicTime::min() : MonotonicTime::max()")
baokms_mutant(promotes_without_probe model core/rotation/key_keeper.cc
  "Model: one node*slow calls" RULE "a promotion comes without its deep probe"
  REPLACE "} else if (seen->promotes) {" "} else if (seen->promotes && candidate_) {")
baokms_mutant(promotes_after_one_observation model core/rotation/rotation.cc
  "Model: one node*without an activation delay" RULE "a promotion comes before the required observations"
  REPLACE "candidate.stable_observation_count >= policy.required_observations"
    "candidate.stable_observation_count >= 1")
baokms_mutant(counts_after_discovery model core/rotation/rotation.cc
  "Model: two nodes*whatever is changed" RULE "more observations are counted than were made"
  REPLACE "if (kind == ObservationKind::kRegular) CountObservation" "CountObservation")
baokms_mutant(discovery_promotes model core/rotation/rotation.cc
  "Model: one node*slow calls" RULE "a discovery promotes"
  REPLACE "kind == ObservationKind::kRegular && may_promote" "may_promote")
baokms_mutant(answers_the_old_key_id_after_a_promotion model core/rotation/key_keeper.cc
  "Model: two nodes*never promoted" RULE "Status answers v1 after another was promoted"
  REPLACE "if (published_) keys_ = BuildKeySet(*published_, policy_.plugin_version)"
    "IN_CONSTRUCTOR"
    "keys_ = BuildKeySet(*published_, policy_.plugin_version)"
    "if (!before || before->active().key_id == published_->active().key_id) keys_ = BuildKeySet(*published_, policy_.plugin_version)"
    "IN_CONSTRUCTOR"
    "if (published_) keys_ = BuildKeySet(*published_, policy_.plugin_version)")

# ---- identities ----
baokms_mutant(drops_skipped_versions model core/rotation/rotation.cc
  "Model: two nodes*never promoted" RULE "(a node does not decrypt v2|a discovery does not find v2)"
  REPLACE "skipped->first < latest" "skipped->first < 0")
baokms_mutant(removes_superseded_candidates model core/rotation/rotation.cc
  "Model: two nodes*never promoted" RULE "a metadata probe fails although OpenBao answers"
  REPLACE "snapshot.state == SnapshotState::kPending && snapshot.version.number() < latest"
    "snapshot.state == SnapshotState::kPending && snapshot.version.number() < latest && (snapshot.state = SnapshotState::kRemoved) == SnapshotState::kPending")
baokms_mutant(serves_removed_versions model core/rotation/key_view.cc
  "Model: one node*retires*" RULE "a removed identity decrypts again"
  REPLACE "if (!snapshot.decrypts()) {" "if (false) {")
baokms_mutant(believes_a_version_that_was_made_anew model core/registry/recorded_identity.cc
  "Model: two nodes*restored*" RULE "a state is saved by metadata that contradicts a recorded identity"
  REPLACE "listed->second != recorded.created_at" "false")
baokms_mutant(never_looks_at_recorded_identities model core/rotation/rotation.cc
  "Model: two nodes*whatever is changed" RULE "a state is saved by metadata that contradicts a recorded identity"
  REPLACE "UndecryptableVersions(FaultsOfIdentities(registry, metadata, *times))"
    "UndecryptableVersions({})")
baokms_mutant(refuses_what_only_degrades model core/registry/recorded_identity.h
  "Model: two nodes*whatever is changed" HEADER core/rotation/rotation.cc
  RULE "(a node that is left alone stays unhealthy|metadata that contradict nothing that is recorded are refused)"
  REPLACE "recorded.state == SnapshotState::kRetired" "false")
baokms_mutant(accepts_an_active_version_below_the_minimum model core/registry/recorded_identity.h
  "Model: two nodes*whatever is changed" HEADER core/rotation/rotation.cc
  RULE "a state is saved by metadata that contradicts a recorded identity"
  REPLACE "recorded.state == SnapshotState::kRetired" "true")
baokms_mutant(waits_with_retiring_for_a_rotation model core/registry/retirement.cc
  "Model: one node rotates and retires*" RULE "versions below the active one cannot be retired"
  REPLACE "if (metadata.latest_version < newest.number()) {"
    "if (metadata.latest_version != active.number()) {")
baokms_mutant(bootstraps_a_rotated_key model core/rotation/bootstrap.cc
  "Model: one node*slow calls" RULE "a first state is made of a rotated key"
  REPLACE "if (metadata.latest_version > 1)" "if (false)")

# ---- files ----
baokms_mutant(publishes_before_saving model core/rotation/key_keeper.cc
  "Model: one node*slow calls" RULE "v[12] decrypts before it is on disk"
  REPLACE "candidate_ = next"
    "candidate_ = next, keys_ = BuildKeySet(next, policy_.plugin_version), out.push_back(Publish{})")
baokms_mutant(publishes_a_failed_save model core/rotation/key_keeper.cc
  "Model: one node*slow calls" RULE "v[12] decrypts before it is on disk"
  REPLACE "if (!deferrable) {" "if (Accept(*unsaved_, out), !deferrable) {")
baokms_mutant(forgets_a_failed_candidate model core/rotation/key_keeper.cc
  "Model: two nodes*never promoted" RULE "a metadata probe fails although OpenBao answers"
  REPLACE "if (unsaved_) {" "if (false) {")
baokms_mutant(defers_any_save model core/rotation/rotation.cc
  "Model: one node*slow calls" RULE "healthy although a save that matters failed"
  REPLACE "return std::ranges::is_permutation(normal, published.snapshots())" "return true")
baokms_mutant(saves_the_checkpoint_first model core/registry/registry_save.cc
  "Model: one node*slow calls" RULE "a checkpoint is written that is not the state's"
  REPLACE "store.SaveState(RegistryBytes(next.ToDocument()))" "SAVE_STATE"
    "store.SaveCheckpoint(CheckpointBytes(next.ToCheckpoint()))"
    "store.SaveState(RegistryBytes(next.ToDocument()))"
    "SAVE_STATE" "store.SaveCheckpoint(CheckpointBytes(next.ToCheckpoint()))")
baokms_mutant(overwrites_a_fork model core/registry/registry_save.cc
  "Model: one node*slow calls" RULE "a state that is not ours is overwritten"
  REPLACE "return MayOverwrite(files.state, files.checkpoint, published, save.next)" "return true")
baokms_mutant(ignores_the_checkpoint model core/registry/registry_recovery.cc
  "Model: one node*slow calls" RULE "untrustworthy files are served"
  REPLACE "return Rollback()" "return CheckpointStatus::kCurrent")
baokms_mutant(serves_another_configuration model core/registry/registry.cc
  "Model: one node*slow calls" RULE "(files of another configuration|untrustworthy files) are served"
  REPLACE "document.identity_fingerprint != identity->fingerprint()" "false")
baokms_mutant(leaves_the_checkpoint_behind model core/registry/registry_opening.cc
  "Model: one node*slow calls" RULE "a metadata probe fails although OpenBao answers"
  REPLACE "recovered.checkpoint == CheckpointStatus::kBehind" "false")

# ---- discovery, health ----
baokms_mutant(discovers_without_a_throttle model core/rotation/key_keeper.cc
  "Model: one node*slow calls" RULE "no metadata probe comes in time"
  REPLACE "discovered_at_ && now.monotonic < *discovered_at_ + policy_.probe_interval" "false")
baokms_mutant(throttles_successful_discoveries_only model core/rotation/key_keeper.cc
  "Model: one node*slow calls" RULE "two discoveries start within one probe interval"
  REPLACE "if (kind_ == ObservationKind::kDiscovery) discovery_failed_ = true"
    "if (kind_ == ObservationKind::kDiscovery) discovery_failed_ = true, discovered_at_.reset()")
baokms_mutant(encrypts_below_min_encryption model core/rotation/key_keeper.cc
  "Model: two nodes*whatever is changed" RULE "healthy although the active version may not encrypt"
  REPLACE "encryption_blocked_ = blocked" "encryption_blocked_ = false")
baokms_mutant(never_goes_stale model core/rotation/status.cc
  "Model: one node*slow calls" RULE "healthy although good metadata is too long ago"
  REPLACE "!IsStale(view, now)" "true")
baokms_mutant(forgets_a_deep_failure_on_a_late_promotion model core/rotation/key_keeper.cc
  "Model: one node*slow calls" RULE "healthy although the deep probe was wrong, or failed twice"
  REPLACE "if (!retry && published_ &&" "if (published_ &&")
baokms_mutant(forgives_every_failed_call model core/rotation/key_keeper.cc
  "Model: one node*slow calls" RULE "healthy although the last two metadata probes failed"
  REPLACE "breaker.failures() == 1" "breaker.failures() >= 1")
baokms_mutant(forgives_a_refusal model core/rotation/key_keeper.cc
  "Model: one node*slow calls" RULE "healthy although the deep probe was wrong, or failed twice"
  REPLACE " && MayPass(error)" "")

# ---- a state made anew ----
# No rotation before the loss is needed for the first two, so rules of a rotated key that is recovered at once are broken
# first: a retired record above the active version is refused, and the missing version is never found.
baokms_mutant(recovers_at_an_older_version model core/registry/rebuild.cc
  "Model: one node that loses*" RULE "a metadata probe fails although OpenBao answers"
  REPLACE "number == metadata_.latest_version" "number == times_.begin()->first")
baokms_mutant(recovers_the_latest_version_alone model core/registry/rebuild.cc
  "Model: one node that loses*" RULE "(a discovery does not find v1|an accepted identity no longer decrypts)"
  REPLACE "for (const auto& [number, created_at] : times_) {"
    "for (const auto& [number, created_at] : CreationTimes(std::prev(times_.end()), times_.end())) {")
baokms_mutant(recovers_without_what_a_minimum_hides model core/registry/rebuild.cc
  "Model: one node that loses*" RULE "an accepted identity no longer decrypts"
  REPLACE "if (unproven.empty()) return" "if (true) return")
baokms_mutant(recovers_beside_the_checkpoint model core/registry/registry.cc
  "Model: one node that loses*" RULE "a state made anew does not follow the checkpoint that is left"
  REPLACE "if (!after) return Registry" "if (true) return Registry")
