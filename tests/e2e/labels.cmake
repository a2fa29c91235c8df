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
  set_tests_properties("${test}" PROPERTIES LABELS "${labels}")
endforeach()
