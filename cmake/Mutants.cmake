# Mutants: sources of the program with one rule broken, which tests must catch (tests/mutants/README.md).
#
# baokms_mutant_suite(SUITE
#   TEST <ctest name; @NAME@ is the mutant's>
#   LIBS <what each mutant links, the suite's tests among it>
#   [MAIN <object library with main()>]     doctest's, unless given
#   [SOURCES <compiled with each mutant>]   for a suite whose tests are no object library
#   [RUNS <program>] [ENVIRONMENT <...>]    run this instead of the mutant; @PROGRAM@ is the mutant
#   [ARGUMENTS <...>] [LABELS <...>] [TIMEOUT <seconds>] [BUILT_WITH <target>])
function(baokms_mutant_suite suite)
  set(one TEST MAIN RUNS TIMEOUT BUILT_WITH)
  set(many LIBS SOURCES ENVIRONMENT ARGUMENTS LABELS)
  cmake_parse_arguments(arg "" "${one}" "${many}" ${ARGN})
  if(NOT arg_MAIN)
    set(arg_MAIN baokms_doctest_main)
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 180)
  endif()
  foreach(property IN LISTS one many)
    set_property(GLOBAL PROPERTY baokms_suite_${suite}_${property} "${arg_${property}}")
  endforeach()
endfunction()

# baokms_mutant(NAME SUITE SOURCE CASES REPLACE <from> <to> [<from> <to>...]
#   [HEADER <source>]           SOURCE is a header, which this source is compiled with
#   [INCLUDES_FIRST <folder>]   whose headers take the place of the program's; SOURCE may be as it was
#   [RULE <regex>]              the model check must name it in its counterexample
#   [TESTS <name> <cases> ...]) instead of one test with the suite's name
# SOURCE is a path below the project, an absolute one, or empty where the suite alone makes the mutant. Each <from> must be there exactly once: a
# mutant follows the code or does not build. No semicolons: CMake would cut there. CASES are doctest's
# patterns, of which some case must fail by an assertion.
function(baokms_mutant name suite source cases)
  cmake_parse_arguments(PARSE_ARGV 4 arg "" "HEADER;INCLUDES_FIRST;RULE" "REPLACE;TESTS")
  foreach(property TEST MAIN RUNS TIMEOUT BUILT_WITH LIBS SOURCES ENVIRONMENT ARGUMENTS LABELS)
    get_property(suite_${property} GLOBAL PROPERTY baokms_suite_${suite}_${property})
  endforeach()
  set(program mutant_${suite}_${name})
  baokms_add_mutant_program(${program} "${source}")
  set(run $<TARGET_FILE:${program}>)
  if(suite_RUNS)
    string(REPLACE "@PROGRAM@" "${run}" suite_ENVIRONMENT "${suite_ENVIRONMENT}")
    set(run ${suite_RUNS})
  endif()
  if(NOT arg_TESTS)
    string(REPLACE "@NAME@" "${name}" test "${suite_TEST}")
    set(arg_TESTS "${test}" "${cases}")
  endif()
  while(arg_TESTS)
    list(POP_FRONT arg_TESTS test cases)
    add_test(NAME ${test} COMMAND ${CMAKE_COMMAND} -DPROGRAM=${run}
      -DMUTANT=$<TARGET_FILE:${program}> "-DCASES=${cases}" "-DARGUMENTS=${suite_ARGUMENTS}"
      "-DRULE=${arg_RULE}" -P ${PROJECT_SOURCE_DIR}/tests/mutants/expect_caught.cmake)
    set_tests_properties(${test} PROPERTIES TIMEOUT ${suite_TIMEOUT}
      SKIP_REGULAR_EXPRESSION "SKIP:" LABELS "mutant;${suite_LABELS}"
      ENVIRONMENT "${suite_ENVIRONMENT}")
  endwhile()
endfunction()

# The mutated source, and with it all else that the suite links. Calls go through the symbol, also
# within the unity build of a library: the first definition, the mutant's, takes the place of the
# library's own. Where the compiler had put a function into its caller, the mutant would change nothing
# and its test would fail.
function(baokms_add_mutant_program program source)
  set(replacer ${PROJECT_SOURCE_DIR}/tests/mutants/replace_text.cmake)
  cmake_path(GET source FILENAME file)
  cmake_path(ABSOLUTE_PATH source BASE_DIRECTORY ${PROJECT_SOURCE_DIR})
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/${program})
  set(mutated ${folder}/${file})
  if(arg_HEADER)
    # Found before the one that it replaces.
    cmake_path(RELATIVE_PATH source BASE_DIRECTORY ${PROJECT_SOURCE_DIR} OUTPUT_VARIABLE inner)
    set(mutated ${folder}/${inner})
  endif()
  if(arg_REPLACE)
    set(commands "")
    set(input ${source})
    while(NOT "${arg_REPLACE}" STREQUAL "")
      list(POP_FRONT arg_REPLACE from to)
      list(APPEND commands COMMAND ${CMAKE_COMMAND} -DSOURCE=${input} -DTARGET=${mutated}
        "-DFROM=${from}" "-DTO=${to}" -P ${replacer})
      set(input ${mutated})
    endwhile()
    add_custom_command(OUTPUT ${mutated} ${commands} DEPENDS ${source} ${replacer} VERBATIM)
  elseif(file)
    set(mutated ${source})
  else()
    set(mutated "")
  endif()
  set(compiled "")
  if(arg_HEADER)
    set(compiled ${PROJECT_SOURCE_DIR}/${arg_HEADER})
    set(arg_INCLUDES_FIRST ${folder})
  endif()

  add_executable(${program} ${mutated} ${compiled} ${suite_SOURCES} $<TARGET_OBJECTS:${suite_MAIN}>)
  if(arg_INCLUDES_FIRST)
    target_include_directories(${program} BEFORE PRIVATE ${arg_INCLUDES_FIRST})
  endif()
  target_link_libraries(${program} PRIVATE baokms_options ${suite_LIBS})
  target_link_options(${program} PRIVATE -Wl,-z,muldefs)
  # A broken rule may leave something unused.
  target_compile_options(${program} PRIVATE -w -g0)
  set_target_properties(${program} PROPERTIES UNITY_BUILD OFF)
  if(suite_BUILT_WITH)
    add_dependencies(${suite_BUILT_WITH} ${program})
  endif()
endfunction()
