# Version, commit, build date and dirtiness for `version`. SOURCE_DATE_EPOCH makes the date
# reproducible; outside a git checkout the commit is "unknown".
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
  endif()
endif()
if(DEFINED ENV{SOURCE_DATE_EPOCH})
  execute_process(COMMAND date -u -d "@$ENV{SOURCE_DATE_EPOCH}" +%Y-%m-%dT%H:%M:%SZ
    OUTPUT_VARIABLE BAOKMS_BUILD_DATE OUTPUT_STRIP_TRAILING_WHITESPACE)
else()
  string(TIMESTAMP BAOKMS_BUILD_DATE "%Y-%m-%dT%H:%M:%SZ" UTC)
endif()
