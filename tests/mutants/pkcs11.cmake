# Keys in a PKCS#11 token: tries of a PIN, sessions, mechanisms.
baokms_mutant_suite(pkcs11 TEST "certauth_pkcs11_tests: mutant @NAME@ is caught"
  LIBS certauth_pkcs11_test_objects PkgConfig::libp11
  LABELS logins BUILT_WITH login_tests)

baokms_mutant(wrong_pin_again pkcs11 adapters/certauth_pkcs11/token.cc ""
  TESTS "certauth_pkcs11_tests: a wrong PIN that is sent again is caught" "Module trouble: a wrong PIN*"
  REPLACE "pin->ExposeSecret() == refused_pin_.ExposeSecret()" "false")
baokms_mutant(final_try pkcs11 adapters/certauth_pkcs11/token.cc ""
  TESTS "certauth_pkcs11_tests: a PIN that is sent at the final try is caught" "Module trouble: no PIN is tried*"
  REPLACE "(flags & CKF_USER_PIN_FINAL_TRY) != 0" "false")
baokms_mutant(unpadded_rsa pkcs11 adapters/certauth_pkcs11/token_signature.cc ""
  TESTS "certauth_pkcs11_tests: RSA that goes out without its padding is caught" "TLS signature: RSA*"
  REPLACE "EVP_PKEY_set1_engine(key, PaddingEngine()) == 1" "key != nullptr")
baokms_mutant(third_session pkcs11 adapters/certauth_pkcs11/token.cc ""
  TESTS "certauth_pkcs11_tests: a third session is caught" "Module trouble: logins and signatures*"
  REPLACE "ModuleSession(*module_, slot_).opened()"
    "(new ModuleSession(*module_, slot_))->opened()")
baokms_mutant(any_serial pkcs11 adapters/certauth_pkcs11/module_functions.cc
  "PKCS#11 source: the serial number*"
  REPLACE "(name.serial.empty() || TextOf(info.serialNumber) == name.serial)" "true")
baokms_mutant(pss_asked_of_a_pkcs1_token pkcs11 adapters/certauth_pkcs11/module_functions.cc
  "TLS signature: the same where*"
  REPLACE "TokenSigns(module, slot, mechanism) &&" "true &&")
baokms_mutant(pss_asked_of_a_pkcs1_key pkcs11 adapters/certauth_pkcs11/module_functions.cc
  "TLS signature: an RSA key that signs PKCS#1 alone*"
  REPLACE "(allowed.empty() || std::ranges::find(allowed, mechanism) != allowed.end())" "true")
baokms_mutant(bare_rsa_without_tls13 pkcs11 adapters/certauth_pkcs11/module_functions.cc
  "TLS signature: without PSS*"
  REPLACE "&& !signs(CKM_RSA_X_509)" "")
