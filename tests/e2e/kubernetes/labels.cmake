# Read by ctest behind the lists of discovered tests. kube-apiserver looks at its plugin and its files
# once a minute: all but the first case take minutes, most of which they wait. In every run are that
# one and a look at a page.
set(in_every_run "^kubernetes/[a-z]+: ?API server:|^kubernetes/emulator: ?Kube-apiserver says: the words of the page")
foreach(test IN LISTS kubernetes_emulator kubernetes_openbao)
  set(labels e2e)
  if(test MATCHES "^kubernetes/openbao")
    list(APPEND labels openbao)
  endif()
  if(NOT test MATCHES "${in_every_run}")
    list(APPEND labels nightly)
  endif()
  set_tests_properties("${test}" PROPERTIES LABELS "${labels}")
endforeach()
