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
  REPLACE "return TokenReplyProblem::kOtherContentType" "return std::nullopt")
baokms_mutant(rounds_to_unknown oauth2 adapters/jwt/token_reply.cc
  "Token reply: expires_in*"
  REPLACE "fractional > 0 && fractional < 1" "false")
baokms_mutant(post_advised_whatever_the_secret oauth2 adapters/jwt/token_request.cc
  "OAuth2: when Basic may not be decoded*"
  REPLACE "FormEncodingChanges(oauth2.client_id) || FormEncodingChanges(secret)" "true")

# The local checks on every JWT.
baokms_mutant(fractions_count_for_the_jwt oauth2 adapters/jwt/verified_claims.cc
  "Claims: a fraction counts*"
  REPLACE "rounding == Rounding::kDown ? std::floor(fractional) : std::ceil(fractional)"
    "std::floor(fractional)")
baokms_mutant(whole_pairs_torn oauth2 adapters/jwt/tolerated_values.cc
  "Claims: an issuer beyond the BMP*"
  REPLACE "if (next && IsLow(*next)) return 2 * kEscapeLength" "")
baokms_mutant(no_json_made_json oauth2 adapters/jwt/tolerated_values.cc
  "Claims: what is no JSON stays none*"
  REPLACE "!IsJsonNumber(text) || FitsSomewhere(text)" "FitsSomewhere(text)")
