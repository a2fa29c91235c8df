# What encrypts and what is announced behind two pointers instead of one view.
baokms_mutant_suite(view TEST "loop_tests: mutant @NAME@ is caught" LIBS baokms_core doctest::doctest)

baokms_mutant(two_pointers view tests/app/serve/torn_view_test.cc ""
  TESTS "app_tests: a view behind two pointers is caught" "Encrypt*"
  INCLUDES_FIRST ${CMAKE_CURRENT_SOURCE_DIR}/two_pointers)
