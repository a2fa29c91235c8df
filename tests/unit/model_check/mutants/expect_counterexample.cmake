# Runs the model check with a wrong rule in it: it must end with a counterexample that breaks RULE (a
# regular expression), and prints that. -DPROGRAM= -DCASES= -DRULE=
execute_process(COMMAND "${PROGRAM}" "--test-case=${CASES}" --abort-after=1 --no-colors=true
  RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(NOT status EQUAL 1 OR NOT output MATCHES "COUNTEREXAMPLE: ${RULE}")
  message(FATAL_ERROR "not caught by the rule \"${RULE}\" (exit ${status}):\n${output}")
endif()
string(REGEX MATCH "COUNTEREXAMPLE: [^\n]*\n(  [0-9]+\\. [^\n]*\n)*" trace "${output}")
message("${trace}")
