# Files that are reached through links.
baokms_mutant_suite(checked_file TEST "checked_file_tests: mutant @NAME@ is caught"
  LIBS checked_file_test_objects)

baokms_mutant(links_below_any_directory checked_file adapters/checked_file/path_walk.cc
  "Links: no directory on the way*"
  REPLACE "(status.st_mode & S_ISVTX) != 0" "true")
baokms_mutant(links_below_group_directories checked_file adapters/checked_file/path_walk.cc
  "Links: no directory on the way*"
  REPLACE "S_IWGRP | S_IWOTH" "S_IWOTH")
baokms_mutant(links_below_foreign_directories checked_file adapters/checked_file/path_walk.cc
  "Links: all on the way*"
  REPLACE "OfRootOrUs(status) && guarded" "guarded")
baokms_mutant(foreign_links checked_file adapters/checked_file/path_walk.cc
  "Links: all on the way*"
  REPLACE "if (!OfRootOrUs(status)) trusted_ = false" "")
baokms_mutant(links_to_foreign_files checked_file adapters/checked_file/path_walk.cc
  "Links: all on the way*"
  REPLACE "trusted_ && OfRootOrUs(arrived_->status)" "trusted_")
baokms_mutant(only_root_may_link checked_file adapters/checked_file/path_walk.cc
  "Links: the reader's own user*"
  REPLACE "status.st_uid == 0 || status.st_uid == ::geteuid()" "status.st_uid == 0")
baokms_mutant(more_links_than_the_bound checked_file adapters/checked_file/path_walk.cc
  "Links: a circle*"
  REPLACE "++links_ > kMostLinks" "++links_ > kMostLinks + 1")
baokms_mutant(judges_files_without_links checked_file adapters/checked_file/path_walk.cc
  "Links: without a link*"
  REPLACE "!wrong && links && !(" "!wrong && !(")
baokms_mutant(swap_looked_at_once checked_file adapters/checked_file/posix_file_reader.cc
  "Links: a swap in the middle*"
  REPLACE "kMostAttempts = 3" "kMostAttempts = 1")
baokms_mutant(plain_exchange_looked_at_again checked_file adapters/checked_file/posix_file_reader.cc
  "Read: a file exchanged*"
  REPLACE "wrong.through_links &&" "true &&")
