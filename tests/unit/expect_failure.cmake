# Runs a doctest program that must fail by a failed assertion: a crash, a missing program or no
# matching test case is no proof. -DPROGRAM= -DCASES= [-DARGUMENTS=]
execute_process(TIMEOUT 60 COMMAND "${PROGRAM}" "--test-case=${CASES}" --no-colors=true ${ARGUMENTS}
  RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(NOT status EQUAL 1 OR NOT output MATCHES "Status: FAILURE!")
  message(FATAL_ERROR "not caught (exit ${status}):\n${output}")
endif()
