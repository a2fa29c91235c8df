# Quoting that lets a quote through must be caught by running the script and by reading the YAML.
baokms_mutant_suite(init TEST "init_tests: mutant @NAME@ is caught" LIBS init_test_objects)

baokms_mutant(shell_quote_open init app/init/shell_quoted.cc ""
  TESTS "init_tests: a quote that ends the shell's quotes is caught by Quoting"
    "Quoting: a*,Quoting: for*"
    "init_tests: a quote that ends the shell's quotes is caught by Attack" "Attack: a*,Attack: for*"
  REPLACE "quoted += \"'\\\\''\"" "quoted += c")
baokms_mutant(yaml_quote_open init app/init/yaml_quoted.cc ""
  TESTS "init_tests: a quote that ends YAML's quotes is caught by Quoting"
    "Quoting: a*,Quoting: for*"
    "init_tests: a quote that ends YAML's quotes is caught by Attack" "Attack: a*,Attack: for*"
  REPLACE "*point == '\"' || " "")
