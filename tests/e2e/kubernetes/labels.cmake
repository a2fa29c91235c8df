# Read by ctest behind the lists of discovered tests. kube-apiserver looks at its plugin and its files
# once a minute: all but the first case take minutes, most of which they wait.
foreach(test IN LISTS kubernetes_emulator kubernetes_openbao)
  set(labels e2e)
  if(test MATCHES "^kubernetes/openbao")
    list(APPEND labels openbao)
  endif()
  if(NOT test MATCHES "^kubernetes/[a-z]+: ?API server:")
    list(APPEND labels nightly)
  endif()
  set_tests_properties("${test}" PROPERTIES LABELS "${labels}")
endforeach()
