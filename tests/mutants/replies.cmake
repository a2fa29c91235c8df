# The strict reading of OpenBao's replies.
baokms_mutant_suite(replies TEST "transit_http_tests: mutant @NAME@ is caught"
  LIBS transit_http_test_objects simdjson::simdjson)

# Reads up to the first object's likely end and never looks at what follows.
baokms_mutant(end replies adapters/strict_json/strict_json.cc ""
  TESTS "transit_http mutant caught: a doubled reply is refused" "*a doubled reply is refused*"
    "transit_http mutant caught: bytes behind a reply are refused" "*bytes behind a reply are refused*"
  REPLACE "text.size()" "std::min(text.find(\"}{\"), text.rfind('}')) + 1")
baokms_mutant(twice replies adapters/strict_json/strict_json.cc ""
  TESTS "transit_http mutant caught: a key that stands twice at any depth is refused"
    "*a key that stands twice at any depth is refused*"
  REPLACE "HasDuplicateKeys(root)" "false")
