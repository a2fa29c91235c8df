# Read by ctest behind the list of discovered tests. How long the search takes when state files are lost has not been
# measured yet (docs/model-check.md).
foreach(test IN LISTS model_check_tests_TESTS)
  if(test MATCHES "lose|recovers beside")
    set_tests_properties("${test}" PROPERTIES LABELS nightly)
  endif()
endforeach()
