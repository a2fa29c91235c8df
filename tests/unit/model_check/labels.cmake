# Read by ctest behind the list of discovered tests. Minutes of a processor each (docs/model-check.md).
foreach(test IN LISTS model_check_tests_TESTS)
  if(test MATCHES "one node that loses|three nodes that all lose")
    set_tests_properties("${test}" PROPERTIES LABELS nightly)
  endif()
endforeach()
