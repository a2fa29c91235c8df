# baokms_add_doctest(NAME SOURCES ... LIBS ... [ENVIRONMENT ...] [TIMEOUT s] [LABELS ...] [ALONE])
# One doctest program whose test cases are ctest tests of their own. A case that prints "SKIP: why" is
# reported as skipped (tests/support/skip.h). ALONE: no other test runs beside one of these.
function(baokms_add_doctest name)
  cmake_parse_arguments(arg "ALONE" "TIMEOUT" "SOURCES;LIBS;ENVIRONMENT;LABELS" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 180)  # a sanitizer build on a busy machine
  endif()
  add_executable(${name} ${arg_SOURCES} $<TARGET_OBJECTS:baokms_doctest_main>)
  target_link_libraries(${name} PRIVATE baokms_options doctest::doctest ${arg_LIBS})
  # A property without a value would take the next one's name for it.
  set(properties TIMEOUT ${arg_TIMEOUT} SKIP_REGULAR_EXPRESSION "SKIP:")
  if(arg_ALONE)
    list(APPEND properties RUN_SERIAL ON)
  endif()
  foreach(property ENVIRONMENT LABELS)
    if(arg_${property})
      list(APPEND properties ${property} "${arg_${property}}")
    endif()
  endforeach()
  doctest_discover_tests(${name} TEST_PREFIX "'${name}: '" PROPERTIES ${properties})
endfunction()
