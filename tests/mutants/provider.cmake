# Whole providers that end-to-end tests must catch, run against the emulator.
baokms_mutant_suite(provider TEST "e2e: mutant @NAME@ is caught"
  MAIN baokms_provider_main LIBS baokms_app
  RUNS $<TARGET_FILE:e2e_tests>
  ENVIRONMENT "BAOKMS_PROVIDER=@PROGRAM@" BAOKMS_E2E_TARGET=emulator
  LABELS e2e)

if(BAOKMS_WIPE_ON_FREE)
  # No mutated source: every mutant provider goes without the free() that wipes.
  baokms_mutant(free_without_wiping provider "" ""
    TESTS "e2e/Memory: a provider that frees without wiping is caught" "Memory:*")
endif()
if(TARGET golock)
  # A lock of the other kind, which excludes itself but no flock.
  baokms_mutant(fcntl_lock provider adapters/state_file/posix_file_system.cc ""
    TESTS "e2e/Writer lock: a provider that locks with fcntl is caught" "Writer lock:*"
    REPLACE "::flock(descriptor, LOCK_EX | LOCK_NB)" "::lockf(descriptor, F_TLOCK, 0)")
endif()
baokms_mutant(in_place provider adapters/state_file/atomic_save.cc ""
  TESTS "e2e/Killed provider: one that writes its files in place is caught" "Killed provider:*"
  REPLACE "temporary = TemporaryName(name)" "temporary = name")

# Requests that stay although their callers have left, and a socket that one uid can fill.
baokms_mutant(waiters_stay provider app/serve/key_driver.cc ""
  TESTS "e2e/Places: a provider whose waiters stay is caught" "Faults: callers that leave a slow discovery*"
  REPLACE "Handle(core::DiscoveryUnwanted{.waiter = id})" "return")
baokms_mutant(no_extra_places provider adapters/grpc_kms/places.cc ""
  TESTS "e2e/Places: a provider that one uid can fill is caught" "Faults: another uid*"
  REPLACE "holds_none ? kExtra : 0" "0")

# openbao-setup.sh that takes what it finds for granted. Its text is where it was embedded.
set(openbao_setup ${PROJECT_BINARY_DIR}/app/init/embedded/openbao_setup.cc)
baokms_mutant(setup_overlooks provider ${openbao_setup} ""
  TESTS "e2e/Init: a setup that overlooks another role is caught" "Init: what is there and differs*"
  REPLACE "    require_equal 'the role'" "    : 'the role'")
baokms_mutant(setup_makes_anew provider ${openbao_setup} ""
  TESTS "e2e/Init: a setup that makes a known key anew is caught" "Init: a key of a known lineage*"
  REPLACE "[ \"$new_key\" = true ] || fail" "true || fail")

# node-setup.sh that starts what was checked long ago, that checks as root, that replaces what it finds,
# that follows a link of the provider's, and that writes where the provider could plant one.
set(node_setup ${PROJECT_BINARY_DIR}/app/init/embedded/node_setup.cc)
baokms_mutant(stale_check provider ${node_setup} ""
  TESTS "e2e/Node setup: a start after an old check is caught" "Node setup: start refuses*"
  REPLACE "-le 3600" "-le 36000")
baokms_mutant(check_as_root provider ${node_setup} ""
  TESTS "e2e/Node setup: a check with the rights of root is caught"
    "Node setup: a check is made with the rights*"
  REPLACE "--userspec=\"$user:$group\"" "--userspec=0:0")
baokms_mutant(replaces provider ${node_setup} ""
  TESTS "e2e/Node setup: an install that replaces unasked is caught" "Node setup: a file that differs*"
  REPLACE "[ \"$replace\" = true ] || cmp" "true || cmp")
baokms_mutant(follows_links provider ${node_setup} ""
  TESTS "e2e/Node setup: a link of the provider that is followed is caught"
    "Node setup: a link that the provider planted*"
  REPLACE "[ \"$roots_way\" = yes ] &&" "true &&"
    "[ \"$(stat -c '%u' -- \"$directory/$part\")\" = 0 ] &&" "true &&")
baokms_mutant(follows_swapped_links provider ${node_setup} ""
  TESTS "e2e/Node setup: a link that comes meanwhile and is followed is caught"
    "Node setup: a directory that turns into a link*"
  REPLACE "$(env pwd -P)" "$there")
baokms_mutant(writes_anywhere provider ${node_setup} ""
  TESTS "e2e/Node setup: a file written where links can be planted is caught"
    "Node setup: root writes no file*"
  REPLACE "[ \"$roots_way\" = yes ] ||" "true ||")
