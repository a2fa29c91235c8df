# Runs the tests that must catch a mutant: they must fail by a failed assertion. A crash, a missing
# program or no matching test case is no proof. With RULE the model check must end with a
# counterexample that breaks that rule (a regular expression), and prints it.
# -DPROGRAM= -DMUTANT= -DCASES= -DARGUMENTS= -DRULE=
if(NOT EXISTS "${MUTANT}")
  message(FATAL_ERROR "the mutant is not built: ${MUTANT}")
endif()
if(RULE)
  list(APPEND ARGUMENTS --abort-after=1)
endif()
execute_process(TIMEOUT 170 COMMAND "${PROGRAM}" "--test-case=${CASES}" --no-colors=true ${ARGUMENTS}
  RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(output MATCHES "SKIP: [^\n]*" AND status EQUAL 0)
  message("${CMAKE_MATCH_0}")
  return()
endif()
if(NOT status EQUAL 1 OR NOT output MATCHES "Status: FAILURE!|COUNTEREXAMPLE:")
  message(FATAL_ERROR "not caught (exit ${status}):\n${output}")
endif()
if(RULE AND NOT output MATCHES "COUNTEREXAMPLE: ${RULE}")
  message(FATAL_ERROR "not caught by the rule \"${RULE}\":\n${output}")
endif()
if(output MATCHES "COUNTEREXAMPLE: [^\n]*\n(  [0-9]+\\. [^\n]*\n)*")
  message("${CMAKE_MATCH_0}")
endif()
