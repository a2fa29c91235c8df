# Version, commit, build date and dirtiness for `version`. SOURCE_DATE_EPOCH makes the date
# reproducible; without it, a release and what is packed take the commit's time; outside a git checkout the commit
# is "unknown".
find_package(Git QUIET)
set(BAOKMS_VERSION "v${PROJECT_VERSION}")
set(BAOKMS_COMMIT "unknown")
set(BAOKMS_DIRTY "false")
if(GIT_FOUND AND EXISTS ${PROJECT_SOURCE_DIR}/.git)
  execute_process(COMMAND ${GIT_EXECUTABLE} rev-parse --short=12 HEAD
    WORKING_DIRECTORY ${PROJECT_SOURCE_DIR} OUTPUT_VARIABLE baokms_head
    OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE baokms_git)
  if(baokms_git EQUAL 0)
    set(BAOKMS_COMMIT ${baokms_head})
    execute_process(COMMAND ${GIT_EXECUTABLE} status --porcelain
      WORKING_DIRECTORY ${PROJECT_SOURCE_DIR} OUTPUT_VARIABLE baokms_changes ERROR_QUIET)
    if(baokms_changes)
      set(BAOKMS_DIRTY "true")
    endif()
    execute_process(COMMAND ${GIT_EXECUTABLE} log -1 --format=%ct
      WORKING_DIRECTORY ${PROJECT_SOURCE_DIR} OUTPUT_VARIABLE baokms_commit_time
      OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  endif()
endif()
set(baokms_epoch "$ENV{SOURCE_DATE_EPOCH}")
if(baokms_epoch STREQUAL "" AND (BAOKMS_SELF_CONTAINED OR BAOKMS_PACKAGES) AND DEFINED baokms_commit_time)
  set(baokms_epoch ${baokms_commit_time})
endif()
if(baokms_epoch STREQUAL "")
  string(TIMESTAMP baokms_epoch "%s" UTC)
endif()
execute_process(COMMAND date -u -d "@${baokms_epoch}" +%Y-%m-%dT%H:%M:%SZ
  OUTPUT_VARIABLE BAOKMS_BUILD_DATE OUTPUT_STRIP_TRAILING_WHITESPACE)
