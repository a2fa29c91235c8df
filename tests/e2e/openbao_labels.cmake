# Read by ctest behind the list of discovered tests.
foreach(test IN LISTS e2e_openbao)
  set_tests_properties("${test}" PROPERTIES LABELS "e2e;openbao")
endforeach()
