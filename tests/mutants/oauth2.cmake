# The grant of access tokens.
baokms_mutant_suite(oauth2 TEST "jwt_tests: mutant @NAME@ is caught"
  LIBS jwt_test_objects simdjson::simdjson)

baokms_mutant(lifetime oauth2 adapters/jwt/oauth2_source.cc ""
  TESTS "jwt mutant caught: more than minRemainingTtl of expires_in is left after the request" "*more than minRemainingTtl of expires_in is left after the request*"
  REPLACE "clock_.Now().boot - started" "core::Duration{}")
baokms_mutant(status oauth2 adapters/jwt/oauth2_source.cc ""
  TESTS "jwt mutant caught: any other status is oauth2_rejected even with a good token in it" "*any other status is oauth2_rejected even with a good token in it*"
  REPLACE "reply.status != 200" "reply.status / 100 != 2")
baokms_mutant(content_type oauth2 adapters/jwt/token_reply.cc ""
  TESTS "jwt mutant caught: application/json in any case and with parameters" "*application/json in any case and with parameters*"
  REPLACE "if (!IsJson(content_type))" "if (content_type.empty())")
