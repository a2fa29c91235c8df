# The dangerous rules of core, broken one at a time under the unit tests.
baokms_mutant_suite(core TEST "unit_tests: mutant @NAME@ is caught"
  LIBS unit_test_objects)

baokms_mutant(promotes_without_delay core core/rotation/key_keeper.cc
  "Keeper:*"
  REPLACE "(due && now >= *due)" "due.has_value()")
baokms_mutant(promotes_without_probe core core/rotation/key_keeper.cc
  "Keeper:*"
  REPLACE "} else if (seen->promotes) {" "} else if (seen->promotes && candidate_) {")
baokms_mutant(drops_skipped_versions core core/rotation/rotation.cc
  "Observe:*"
  REPLACE "skipped->first < latest" "skipped->first < 0")
baokms_mutant(counts_after_discovery core core/rotation/rotation.cc
  "Observe:*"
  REPLACE "if (kind == ObservationKind::kRegular) CountObservation" "CountObservation")
baokms_mutant(accepts_version_rollback core core/rotation/rotation.cc
  "Observe:*"
  REPLACE "(policy.reject_version_rollback || *rollback == VersionRollback::kAboveActive)"
    "latest < 0")
baokms_mutant(ignores_checkpoint_mismatch core core/registry/registry_recovery.cc
  "Recovery:*"
  REPLACE "return Rollback()" "return CheckpointStatus::kCurrent")
baokms_mutant(aad_without_key_version core core/wire/aad.cc
  "AAD:*"
  REPLACE ".String(\"key_version\", version.ToString())" "")
baokms_mutant(skips_ciphertext_prefix core core/wire/transit_ciphertext.cc
  "Decrypt check:*"
  REPLACE "!ciphertext.starts_with(prefix)" "false")
baokms_mutant(returns_any_ciphertext core core/requests/kms_service.cc
  "Encrypt:*"
  REPLACE "if (PlaintextBytesOf(reply->bytes(), key_->snapshot.version) != plaintext_bytes) {"
    "if (false) {")
baokms_mutant(returns_a_ciphertext_of_another_length core core/requests/kms_service.cc
  "Encrypt:*"
  REPLACE "if (PlaintextBytesOf(reply->bytes(), key_->snapshot.version) != plaintext_bytes) {"
    "if (!PlaintextBytesOf(reply->bytes(), key_->snapshot.version)) {")
baokms_mutant(status_ignores_staleness core core/rotation/status.cc
  "Status:*"
  REPLACE "!IsStale(view, now)" "true")
baokms_mutant(forgets_deep_failure_on_retry core core/rotation/key_keeper.cc
  "Save:*"
  REPLACE "if (!retry && published_ &&" "if (published_ &&")
baokms_mutant(deep_probe_believes_any_plaintext core core/rotation/deep_probe.cc
  "Deep probe:*"
  REPLACE "same ? DeepResult::kOk : DeepResult::kInvalid" "DeepResult::kOk")
baokms_mutant(waits_with_retiring_for_a_rotation core core/registry/retirement.cc
  "Retire:*"
  REPLACE "if (metadata.latest_version < newest.number()) {"
    "if (metadata.latest_version != active.number()) {")
baokms_mutant(retires_after_a_rollback core core/registry/retirement.cc
  "Retire:*"
  REPLACE "if (metadata.latest_version < newest.number()) {" "if (false) {")
baokms_mutant(retires_whatever_stays core core/registry/retirement.cc
  "Retire:*,Restore:*"
  REPLACE "if (!fault) continue" "if (true) continue")
baokms_mutant(retires_the_named_version_too core core/registry/retirement.cc
  "Retire:*"
  REPLACE "snapshot.version < before" "snapshot.version <= before")
baokms_mutant(restores_what_was_never_removed core core/registry/retirement.cc
  "Restore:*"
  REPLACE "if (!IsRecorded(registry, version, SnapshotState::kRemoved)) {" "if (false) {")
baokms_mutant(believes_a_remade_version core core/registry/recorded_identity.cc
  "Retire:*,Restore:*"
  REPLACE "listed->second != recorded.created_at" "false")
baokms_mutant(unhealthy_by_a_retired_version core core/registry/recorded_identity.h
  "Undecryptable:*,Keeper: a minimum above a retired*,Keeper: a restart below*"
  HEADER core/rotation/rotation.cc
  REPLACE "recorded.state == SnapshotState::kRetired" "false")
baokms_mutant(healthy_below_the_active_version core core/registry/recorded_identity.h
  "Undecryptable:*,Keeper: a minimum above the active*" HEADER core/rotation/rotation.cc
  REPLACE "recorded.state == SnapshotState::kRetired" "true")
baokms_mutant(healthy_with_a_remade_retired_version core core/registry/recorded_identity.h
  "Undecryptable: no minimum hides a key*" HEADER core/rotation/rotation.cc
  REPLACE "(fault == IdentityFault::kTrimmed || fault == IdentityFault::kDisallowed)" "true")
baokms_mutant(a_minimum_hides_a_remade_version core core/registry/recorded_identity.cc
  "Undecryptable: no minimum hides a key*"
  REPLACE "if (is_listed && listed->second" "if (is_listed && version >= metadata.min_decryption_version && listed->second")
baokms_mutant(tells_undecryptable_versions_at_each_probe core core/rotation/key_keeper.cc
  "Keeper: a minimum above a retired*"
  REPLACE "if (undecryptable == undecryptable_) return" "")
baokms_mutant(believes_a_disallowed_version core core/registry/recorded_identity.cc
  "Retire:*"
  REPLACE "version < metadata.min_decryption_version" "false")
baokms_mutant(migrates_an_unverified_state core core/registry/registry.cc
  "Migrate:*"
  REPLACE "VerifyChain(older)" "std::expected<void, RegistryProblem>()")
baokms_mutant(migrates_past_a_rollback core core/registry/migration.cc
  "Migrate:*"
  REPLACE "if (!status)" "if (false)")
baokms_mutant(believes_unread_files core core/registry/registry_save.cc
  "SaveRegistry:*"
  REPLACE "files && FilesHold(files->state, files->checkpoint, *published)"
    "(!files || FilesHold(files->state, files->checkpoint, *published))")
baokms_mutant(changes_over_another_hand core core/registry/registry_save.cc
  "Confirmed save:*"
  REPLACE "return files.state == before" "return true")
baokms_mutant(believes_the_disk core core/registry/registry_save.cc
  "Confirmed save:*"
  REPLACE "!FilesHold(after->state, after->checkpoint, next)" "false")
baokms_mutant(retires_what_is_referred_to core core/census/retirement_evidence.cc
  "Retirement evidence:*"
  REPLACE "version.state == SnapshotState::kActive || referenced(version)" "version.state == SnapshotState::kActive")
baokms_mutant(believes_another_etcd core core/census/retirement_evidence.cc
  "Retirement evidence:*"
  REPLACE "std::ranges::none_of(recorded, referenced)" "recorded.empty()")
baokms_mutant(evidence_from_before_the_promotion core core/census/evidence_check.cc
  "Evidence:*"
  REPLACE "terms.promoted_at > 0 && report.taken_at < followed" "false")
baokms_mutant(evidence_that_says_nothing core core/census/evidence_check.cc
  "Evidence:*"
  REPLACE "!report.unreferenced.contains(hash)" "false")

# A state made anew.
baokms_mutant(rebuilds_at_an_older_version core core/registry/rebuild.cc
  "Rebuild:*"
  REPLACE "number == metadata_.latest_version" "number == times_.begin()->first")
baokms_mutant(rebuilds_what_was_made_anew core core/registry/rebuild.cc
  "Rebuild: a key that was deleted*"
  REPLACE "if (recorded.decrypts() && !JudgeUnlisted(recorded)) continue" "(void)0")
baokms_mutant(rebuilds_without_what_etcd_needs core core/registry/rebuild.cc
  "Rebuild:*"
  REPLACE "Refuse(Kind::kIdentityUnproven" "if (false) Refuse(Kind::kIdentityUnproven")
baokms_mutant(rebuilds_by_an_etcd_without_objects core core/registry/rebuild.cc
  "Rebuild: a report that is empty*"
  REPLACE "if (needed.empty()) {" "if (false) {")
baokms_mutant(rebuilds_by_an_etcd_without_keys core core/registry/rebuild.cc
  "Rebuild: a report that is empty*"
  REPLACE "if (census.keys_scanned == 0) {" "if (false) {")
baokms_mutant(rebuilds_by_a_report_that_is_full core core/registry/rebuild.cc
  "Rebuild: a report that is empty*"
  REPLACE "if (!census.complete) {" "if (false) {")
baokms_mutant(rebuilds_without_what_a_minimum_hides core core/registry/rebuild.cc
  "Rebuild: what a minimum hides*"
  REPLACE "if (unproven.empty()) return" "if (true) return")
baokms_mutant(rebuilds_by_a_peer_of_before core core/registry/rebuild.cc
  "Rebuild: a peer shows nothing of hidden*"
  REPLACE "if (range.last <= newest) continue" "if (evidence_.peer) continue")
baokms_mutant(adopts_beside_malformed_objects core core/registry/rebuild.cc
  "Adopt: an etcd with objects that nobody can read*"
  REPLACE "else if (evidence_.census->malformed > 0)" "else if (false)")
baokms_mutant(rebuilds_over_what_the_peer_removed core core/registry/rebuild.cc
  "Rebuild: the peer proves*,Rebuild: what etcd still needs*"
  REPLACE "known->second.snapshot.state = SnapshotState::kRemoved" "(void)0")
baokms_mutant(rebuilds_at_a_version_too_young core core/registry/rebuild.cc
  "Rebuild: a version that other nodes*"
  REPLACE "if (age >= least) return" "return")
baokms_mutant(rebuilds_beside_the_checkpoint core core/registry/registry.cc
  "Rebuild: a checkpoint that is left*"
  REPLACE "if (!after) return Registry" "if (true) return Registry")
baokms_mutant(adopts_what_was_encrypted core core/registry/rebuild.cc
  "Adopt:*"
  REPLACE "if (objects > 0) {" "if (false) {")
baokms_mutant(rebuilds_over_a_state core core/registry/registry_save.cc
  "Rebuilt save:*"
  REPLACE "return !files.state && files.checkpoint == left" "return files.checkpoint == left")

# The end of an outage (request-scheduling.md, "Probes and recovery").
baokms_mutant(end_of_an_outage_waits_for_its_turn core core/rotation/key_keeper.cc
  "Keeper:*"
  REPLACE "  metadata_due_ = due;" "")
baokms_mutant(breaker_stops_regular_probes core core/rotation/key_keeper.cc
  "Keeper: after three failures in a row*"
  REPLACE "kind == ObservationKind::kDiscovery && metadata_breaker_.open()"
    "metadata_breaker_.open()")
baokms_mutant(breaker_stops_no_discovery core core/rotation/key_keeper.cc
  "Keeper: after three failures in a row*"
  REPLACE "kind == ObservationKind::kDiscovery && metadata_breaker_.open()" "false")
baokms_mutant(pause_after_failures_never_grows core core/rotation/circuit_breaker.cc
  "Keeper: a failed read is repeated*"
  REPLACE "first * (1LL << (failures_ - 1))" "first")
baokms_mutant(end_of_an_outage_missed_during_a_probe core core/rotation/key_keeper.cc
  "Keeper:*"
  REPLACE "    answers_meanwhile_ = true" "")
baokms_mutant(every_good_reply_starts_a_probe core core/rotation/key_keeper.cc
  "Keeper:*"
  REPLACE "*made_early_ + kBetweenEarlyProbes" "*made_early_")
baokms_mutant(denied_probes_open_the_breaker core core/rotation/key_keeper.cc
  "Keeper:*"
  REPLACE "error.error_class() != ErrorClass::kTransitPolicyDenied" "true")

# The token keeper (auth.md, "Token manager").
baokms_mutant(token_refreshed_at_its_end core core/token/token_keeper.cc
  "TokenKeeper:*"
  REPLACE "expires_at - policy_.login_before_expiry" "expires_at")
baokms_mutant(token_lease_counts_from_the_reply core core/token/token_keeper.cc
  "TokenKeeper:*"
  REPLACE "expires_at = refresh_->started_at + lease" "expires_at = turn.now.boot + lease")
baokms_mutant(token_login_lease_unchecked core core/token/token_keeper.cc
  "TokenKeeper:*"
  REPLACE "if (lease > login_before_expiry) return std::nullopt" "return std::nullopt")
baokms_mutant(token_renewal_lease_unchecked core core/token/token_keeper.cc
  "TokenKeeper:*"
  REPLACE "turn.actions.push_back(ReportRenewal{LoginStatus::kError, TokenLeaseTooShort()})"
    "return Accept(refresh_->renews, lease, event.renewable, turn)")
baokms_mutant(token_failed_renewal_without_login core core/token/token_keeper.cc
  "TokenKeeper:*"
  REPLACE "    turn.actions.push_back(ReportRenewal{RenewalStatus(*error), error})"
    "    return turn.actions.push_back(ReportRenewal{RenewalStatus(*error), error})")
baokms_mutant(token_two_refreshes_at_once core core/token/token_keeper.cc
  "TokenKeeper:*"
  REPLACE "phase_ != Phase::kRunning || refresh_" "phase_ != Phase::kRunning")
baokms_mutant(token_without_backoff core core/token/token_keeper.cc
  "TokenKeeper:*"
  REPLACE "if (retry_at_ && turn.now.monotonic < *retry_at_ && !Hurried(turn)) {" "if (false) {")
baokms_mutant(token_waiters_hurry_every_login core core/token/token_keeper.cc
  "TokenKeeper:*"
  REPLACE "turn.now.monotonic >= *login_started_ + kShortestBackoff" "true")
baokms_mutant(token_nobody_hurries_a_login core core/token/token_keeper.cc
  "TokenKeeper:*"
  REPLACE "return turn.asked && login_started_" "return false && login_started_")
baokms_mutant(token_lives_on_while_asleep core core/token/token_keeper.cc
  "TokenKeeper:*"
  REPLACE "turn.now.boot >= token_->expires_at"
    "turn.now.monotonic.time_since_epoch() >= token_->expires_at.time_since_epoch()")
baokms_mutant(token_lives_by_the_wall_clock core core/token/token_keeper.cc
  "TokenKeeper:*"
  REPLACE "turn.now.boot >= token_->expires_at"
    "turn.now.boot + seconds(turn.now.wall - 1'700'000'000) >= token_->expires_at")
baokms_mutant(token_waiters_without_deadlines core core/token/token_keeper.cc
  "TokenKeeper:*"
  REPLACE "  AnswerExpiredWaiters(turn)" "")
baokms_mutant(token_rejected_yet_kept core core/token/token_keeper.cc
  "TokenKeeper:*"
  REPLACE "!token_ || token_->generation != generation" "true")
baokms_mutant(token_late_rejection_drops_the_newer core core/token/token_keeper.cc
  "TokenKeeper:*"
  REPLACE "!token_ || token_->generation != generation" "!token_")
baokms_mutant(token_recovery_waits_for_the_renewal core core/token/token_keeper.cc
  "TokenKeeper:*"
  REPLACE "if (Renewing(generation)) {" "if (false) {")
baokms_mutant(token_late_renewal_taken_for_the_next core core/token/token_keeper.h
  "TokenKeeper:*" HEADER core/token/token_keeper.cc
  REPLACE "Running(RefreshKind::kRenewal) && refresh_->renews == generation"
    "Running(RefreshKind::kRenewal)")
baokms_mutant(token_recovery_never_throttled core core/token/token_keeper.cc
  "TokenKeeper:*"
  REPLACE "!throttle_.TryRecover(turn.now.monotonic) && !Running(RefreshKind::kLogin)" "false")
baokms_mutant(token_incident_without_end core core/token/token_keeper.cc
  "TokenKeeper:*"
  REPLACE "  throttle_.NoteRejection(turn.now.monotonic)" "")
baokms_mutant(token_dropped_for_a_403 core core/token/token_keeper.cc
  "TokenKeeper:*"
  REPLACE "if (!denied.forbidden) {" "if (true) {")
baokms_mutant(token_denied_yet_given_again core core/token/token_keeper.cc
  "TokenKeeper:*"
  REPLACE "waiter.second.denied == token_->generation" "false")
baokms_mutant(token_403_never_throttled core core/token/token_keeper.cc
  "TokenKeeper:*"
  REPLACE "!throttle.TryRecover(turn.now.monotonic) && !Running(RefreshKind::kLogin) && !recovering_"
    "false")
baokms_mutant(token_operations_share_a_throttle core core/token/token_keeper.cc
  "TokenKeeper:*"
  REPLACE "forbidden_[denied.operation]" "forbidden_[OpenBaoOperation::kTransitDecrypt]")
baokms_mutant(token_403_without_an_end core core/token/token_keeper.cc
  "TokenKeeper:*"
  REPLACE "  throttle.NoteRejection(turn.now.monotonic)" "")
baokms_mutant(token_every_403_costs_a_login core core/token/token_keeper.cc
  "TokenKeeper:*"
  REPLACE "if (DeniedByPolicy(denied, turn.now)) {" "if (false) {")
baokms_mutant(token_revocation_taken_for_the_policy core core/token/token_keeper.cc
  "TokenKeeper:*"
  REPLACE "denied.accepted_elsewhere && !denied.accepted_here" "denied.accepted_elsewhere")
baokms_mutant(token_fresh_for_ever core core/token/token_keeper.cc
  "TokenKeeper:*"
  REPLACE "now.boot - *last_login_ <= kFresh" "true")
baokms_mutant(token_recovery_given_up core core/token/token_keeper.cc
  "TokenKeeper:*"
  REPLACE "turn.now.boot < token_->refresh_at && !recovering_" "turn.now.boot < token_->refresh_at")
baokms_mutant(token_recoveries_evenly_spaced core core/token/login_throttle.h
  "TokenKeeper:*" HEADER core/token/token_keeper.cc
  REPLACE "std::min(2 * delay_, kLongestDelay)" "kFirstDelay")
baokms_mutant(token_recoveries_ever_further_apart core core/token/login_throttle.h
  "TokenKeeper:*" HEADER core/token/token_keeper.cc
  REPLACE "std::min(2 * delay_, kLongestDelay)" "2 * delay_")
baokms_mutant(backoff_without_jitter core core/token/backoff.cc
  "Backoff:*"
  REPLACE "0.75 + 0.5 * fraction" "1.0")
baokms_mutant(backoff_past_its_longest core core/token/backoff.cc
  "Backoff:*"
  REPLACE "wait = std::min(wait, longest_)" "")

# Credentials of one line.
baokms_mutant(sends_a_blank_behind_a_pin core core/model/credential_line.cc
  "Credential line:*"
  REPLACE "IsBlank(line.front()) || IsBlank(line.back())" "IsBlank(line.front())")
baokms_mutant(sends_a_byte_order_mark core core/model/credential_line.cc
  "Credential line:*"
  REPLACE "return text.starts_with(mark)" "return text == mark")

# A request that is denied: one recovery, one retry.
baokms_mutant(any_failure_costs_a_login core core/transit/transit_request.h
  "Decrypt: other failures*" HEADER core/requests/shared_decrypts.cc
  REPLACE "reply || !IsTokenDenial(reply.error()) ||" "reply ||")
baokms_mutant(denied_retry_keeps_its_token core core/transit/transit_request.h
  "Encrypt: a 403*,Decrypt: a 401 or 403*,Decrypt: throttled*,Decrypt: the retry*" HEADER core/requests/shared_decrypts.cc
  REPLACE "self->tokens_.Reject(token->generation)" "")
baokms_mutant(forbidden_retry_drops_its_token core core/transit/transit_request.h
  "Encrypt: a 403*,Decrypt: a 401 or 403*,Decrypt: throttled*,Decrypt: the retry*" HEADER core/requests/shared_decrypts.cc
  REPLACE "} else if (reply.error().openbao_status() == OpenBaoStatus::kUnauthenticated) {"
    "} else if (IsTokenDenial(reply.error())) {")
baokms_mutant(denial_forgets_where_its_token_was_good core core/transit/transit_request.h
  "Decrypt: a 403 tells*" HEADER core/requests/shared_decrypts.cc
  REPLACE "if (reply) token.accepted.Note(Sender::kOperation)" "")
baokms_mutant(denied_retry_is_tried_again core core/transit/transit_request.h
  "Encrypt: a 403*,Decrypt: a 401 or 403*,Decrypt: throttled*,Decrypt: the retry*" HEADER core/requests/shared_decrypts.cc
  REPLACE "self->tokens_.Reject(token->generation)"
    "return self->AfterFirst(*token, std::move(reply))")
baokms_mutant(throttled_without_the_denial core core/transit/transit_request.h
  "Encrypt: a 403*,Decrypt: a 401 or 403*,Decrypt: throttled*,Decrypt: the retry*" HEADER core/requests/shared_decrypts.cc
  REPLACE "got || got.error() == NoToken() ? denial : got.error()"
    "got ? denial : got.error()")
baokms_mutant(denial_covers_why_the_login_failed core core/transit/transit_request.h
  "Encrypt: a 403*,Decrypt: a 401 or 403*,Decrypt: throttled*,Decrypt: the retry*" HEADER core/requests/shared_decrypts.cc
  REPLACE "got || got.error() == NoToken() ? denial : got.error()" "denial")

# A request whose caller leaves.
baokms_mutant(leaving_misses_what_begins_next core core/transit/work_under_way.cc
  "Work under way:*"
  REPLACE "if (abandoned()) begun->call->Abandon()" "")
baokms_mutant(leaving_reaches_only_the_last core core/transit/work_under_way.cc
  "Work under way:*"
  REPLACE "begun = begun->before) {" "begun = nullptr) {")
baokms_mutant(sends_although_its_caller_left core core/transit/transit_request.h
  "Decrypt: one abandoned*" HEADER core/requests/shared_decrypts.cc
  REPLACE "if (self->work_->abandoned()) return self->sender_.Finish(std::unexpected(Cancelled()))"
    "")
baokms_mutant(stays_in_a_discovery_although_its_caller_left core core/requests/kms_service.cc
  "Decrypt: one abandoned during its discovery*"
  REPLACE "work_->Add(ports_.discovery.Discover(" "static_cast<void>(ports_.discovery.Discover(")
baokms_mutant(stays_for_a_token_although_its_caller_left core core/transit/transit_request.h
  "Decrypt: one abandoned while it*waits for a token*" HEADER core/requests/shared_decrypts.cc
  REPLACE "work_->Add(tokens_.Obtain(" "static_cast<void>(tokens_.Obtain(")
baokms_mutant(leaving_waiter_of_a_discovery_is_kept core core/rotation/key_keeper.cc
  "Discovery: a caller that leaves*"
  REPLACE "return waiter.id == event.waiter" "return waiter.id != waiter.id")

# Identical Decrypts share a call.
baokms_mutant(shares_across_key_ids core core/requests/shared_decrypts.cc
  "Shared decrypts:*"
  REPLACE "one.key().snapshot.key_id.str(), " "")
baokms_mutant(shares_across_ciphertexts core core/requests/shared_decrypts.cc
  "Shared decrypts:*"
  REPLACE "std::tie(one.ciphertext().bytes(), " "std::tie(")
baokms_mutant(shares_across_annotations core core/requests/shared_decrypts.cc
  "Shared decrypts:*"
  REPLACE ", one.annotations())" ")")
baokms_mutant(ended_call_can_be_joined core core/requests/shared_decrypts.cc
  "Shared decrypts:*"
  REPLACE "found->get() == &call" "false")
baokms_mutant(old_end_hides_the_call_that_began_since core core/requests/shared_decrypts.cc
  "Shared decrypts:*"
  REPLACE "found->get() == &call" "true")
baokms_mutant(leaver_ends_the_call_of_the_others core core/requests/shared_decrypts.cc
  "Shared decrypts:*"
  REPLACE "call.waiting.size() > 1" "false")
baokms_mutant(late_waiter_ends_the_call_of_the_others core core/requests/shared_decrypts.cc
  "Shared decrypts:*"
  REPLACE "if (nobody_waits) call.work->Abandon()" "call.work->Abandon()")
baokms_mutant(waiter_outlives_its_own_time core core/requests/shared_decrypts.cc
  "Shared decrypts:*"
  REPLACE "until < joined.call->deadline" "false")
baokms_mutant(dropped_call_is_waited_for core core/requests/shared_decrypts.cc
  "Shared decrypts:*"
  REPLACE "if (call_) Finish" "if (false) Finish")
