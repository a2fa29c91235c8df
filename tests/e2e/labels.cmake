# Read by ctest behind the lists of discovered tests, whose names have lost their prefix's last blank.
foreach(test IN LISTS e2e_emulator e2e_openbao)
  set(labels e2e)
  if(test MATCHES "^e2e/openbao:")
    list(APPEND labels openbao)
  endif()
  # What only a build with the login options has.
  if(test MATCHES "^e2e/[a-z]+: ?(PKCS11|SPIFFE|SPIRE)")
    list(APPEND labels logins)
  endif()
  # What waits for a minute or more on the real server, and does the same on the emulator every time.
  if(test MATCHES "^e2e/openbao: ?(Tokens: a narrowed policy|Tokens: renewable ones|Tokens: ones|Tokens: without its role)")
    list(APPEND labels nightly)
  endif()
  # Minutes, on a machine that is not busy with other tests.
  if(test MATCHES "^e2e/[a-z]+: ?Raft")
    list(APPEND labels nightly)
  endif()
  # A minute and more; each night has shorter cases of its own.
  if(test MATCHES "^e2e/[a-z]+: ?Nights")
    list(APPEND labels nightly)
  endif()
  # They stop the provider for as long as gcore takes.
  if(test MATCHES "^e2e/[a-z]+: ?(Memory|PKCS11): a core image")
    list(APPEND labels nightly)
  endif()
  set_tests_properties("${test}" PROPERTIES LABELS "${labels}")
endforeach()
