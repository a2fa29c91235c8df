# The decisions of sending.
baokms_mutant_suite(sending TEST "sending_tests: mutant @NAME@ is caught" LIBS sending_test_objects)

set(policy adapters/transit_http/sending/sending_policy.cc)
baokms_mutant(admits_whatever_comes sending ${policy} "Sending: a request whose turn*"
  REPLACE "return now + wait + longest <= deadline" "return true")
baokms_mutant(takes_no_turns sending ${policy} "Sending: above the places*"
  REPLACE "const Lane other = last_turn_ == Lane::kEncrypt ? Lane::kDecrypt : Lane::kEncrypt"
    "const Lane other = Lane::kDecrypt")
baokms_mutant(probes_wait_for_requests sending ${policy} "Sending: probes have*"
  REPLACE "if (IsProbe(lane)) return running_probes_ < limits_.probe_places"
    "if (IsProbe(lane)) return running_ < limits_.places")
baokms_mutant(suspects_for_good sending adapters/transit_http/sending/known_addresses.cc
  "Sending: three silent*"
  REPLACE "addresses_[address].suspect = false" "")
baokms_mutant(outage_unnoticed sending ${policy} "Sending: in an outage*"
  REPLACE "++failures_in_a_row_ < 2 * addresses_.count() + 1" "true")
baokms_mutant(retries_without_limit sending adapters/transit_http/sending/retry_allowance.cc
  "Sending: retries use*"
  REPLACE "static_cast<double>(extra) >= fraction_ * static_cast<double>(requests) + base_" "false")
baokms_mutant(silence_blocks_the_way_out sending ${policy} "Sending: what waits on silent*"
  REPLACE "running_ - silent <" "running_ <")
baokms_mutant(silent_ones_stay_behind sending ${policy} "Sending: what waits on silent*"
  REPLACE "if (back) FollowTo(address, began, now, out)" "(void)back, (void)began")
baokms_mutant(looks_end_with_their_request sending ${policy} "Sending: a look*"
  REPLACE "&& !running.look" "")
baokms_mutant(any_hedge_is_silence sending ${policy} "Sending: a hedge for want*"
  REPLACE "if (now >= usual)" "if (true)")
baokms_mutant(outlives_its_request_for_good sending ${policy} "Sending: an attempt that outlives*"
  REPLACE "Arm(running.outlived, {call.deadline, TimerKind::kUnwanted, attempt})" "(void)attempt")
baokms_mutant(shares_with_another_group sending ${policy} "Shared calls: only requests of one group*"
  REPLACE "one.group == other.group" "true")
baokms_mutant(shares_without_bound sending ${policy} "Shared calls: no call carries more*"
  REPLACE "bytes + other.sharing->bytes > limits_.most_bytes" "false")
baokms_mutant(shares_what_comes_too_late sending ${policy} "Shared calls: one that has too little*"
  REPLACE "other.deadline - now < LeastLeft(call.lane)" "false")
baokms_mutant(first_deadline_ends_the_call sending ${policy} "Shared calls: each request has its own*"
  REPLACE "calls_.at(call).requests.size() == 1" "true")
baokms_mutant(one_that_leaves_ends_the_call sending ${policy} "Shared calls: a place is made up*"
  REPLACE "if (!call.left) return;" "")
baokms_mutant(expects_what_was_long_ago sending adapters/transit_http/sending/recent_latency.cc
  "Simulation: an OpenBao that turns slow*"
  REPLACE "std::min<std::size_t>(added_, 8)" "std::min<std::size_t>(added_, 128)")
baokms_mutant(shares_in_every_place sending ${policy} "Shared calls: while one is under way*"
  REPLACE "if (shared_ == 0) return all" "if (true) return all")
baokms_mutant(shares_in_few_places_for_good sending ${policy} "Shared calls: while one is under way*"
  REPLACE "if (IsShared(call)) --shared_" "")
baokms_mutant(silent_shared_calls_block sending ${policy} "Shared calls: silent ones do not keep*"
  REPLACE "+ unwanted_ + SilentOnes()" "+ unwanted_")
