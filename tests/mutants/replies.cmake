# The strict reading of OpenBao's replies.
baokms_mutant_suite(replies TEST "transit_http_tests: mutant @NAME@ is caught"
  LIBS transit_http_test_objects simdjson::simdjson)

# Reads up to the first object's likely end and never looks at what follows.
baokms_mutant(end replies adapters/strict_json/strict_json.cc ""
  TESTS "transit_http mutant caught: a doubled reply is refused" "*a doubled reply is refused*"
    "transit_http mutant caught: bytes behind a reply are refused" "*bytes behind a reply are refused*"
  REPLACE "text.size()" "std::min(text.find(\"}{\"), text.rfind('}')) + 1")
baokms_mutant(token_for_a_few_calls replies adapters/transit_http/openbao/openbao_replies.cc
  "Token reply: a token for a number of calls*"
  REPLACE "if (uses.value > 0)" "if (uses.value < 0)")
baokms_mutant(second_factor_is_an_outage replies adapters/transit_http/openbao/openbao_replies.cc
  "Token reply: a second factor*"
  REPLACE "if (mfa.state == FieldState::kPresent) return" "if (false) return")
baokms_mutant(twice replies adapters/strict_json/strict_json.cc ""
  TESTS "transit_http mutant caught: a key that stands twice at any depth is refused"
    "*a key that stands twice at any depth is refused*"
  REPLACE "HasDuplicateKeys(root)" "false")
