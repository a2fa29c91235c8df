# Writes SOURCE to TARGET with the one occurrence of FROM replaced by TO. A text that is gone or
# ambiguous fails: the mutant must follow the code.
file(READ "${SOURCE}" text)
string(FIND "${text}" "${FROM}" first)
string(FIND "${text}" "${FROM}" last REVERSE)
if(first EQUAL -1 OR NOT first EQUAL last)
  message(FATAL_ERROR "${SOURCE}: not exactly one occurrence of: ${FROM}")
endif()
string(REPLACE "${FROM}" "${TO}" text "${text}")
file(WRITE "${TARGET}" "${text}")
