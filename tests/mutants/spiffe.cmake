# SVIDs: whose, and how long they are believed.
baokms_mutant_suite(spiffe TEST "spiffe_tests: mutant @NAME@ is caught"
  LIBS spiffe_test_objects baokms_workload_proto gRPC::grpc++
  LABELS logins BUILT_WITH login_tests)

baokms_mutant(takes_any_svid spiffe adapters/spiffe/x509_svid.cc
  "X.509-SVID:*"
  REPLACE "if (svid.spiffe_id() != spiffe_id) continue" "")
baokms_mutant(takes_a_leaf_with_further_names spiffe adapters/spiffe/x509_svid.cc
  "X.509-SVID:*"
  REPLACE "uris == 1 && ours" "ours")
baokms_mutant(takes_an_authority spiffe adapters/spiffe/x509_svid.cc
  "X.509-SVID:*"
  REPLACE "if (MaySignCertificates(chain.leaf.get()))" "if (false)")
baokms_mutant(takes_another_key spiffe adapters/spiffe/x509_svid.cc
  "X.509-SVID:*"
  REPLACE "X509_check_private_key(chain.leaf.get(), key.get()) != 1" "false")
baokms_mutant(keeps_what_was_taken_back spiffe adapters/spiffe/x509_svid_source.cc
  "X.509-SVID source: an identity that*"
  REPLACE "if (problem_ == AgentProblem::kOtherIdentity) identity_.reset()" "")
baokms_mutant(keeps_what_was_refused spiffe adapters/spiffe/x509_svid_source.cc
  "X.509-SVID source: an identity that*"
  REPLACE "if (problem == AgentProblem::kNoIdentity) identity_.reset()" "")
baokms_mutant(forgets_while_the_agent_is_away spiffe adapters/spiffe/x509_svid_source.cc
  "X.509-SVID source: the last good*"
  REPLACE "if (problem == AgentProblem::kNoIdentity) identity_.reset()" "identity_.reset()")
baokms_mutant(bundles_make_another_identity spiffe adapters/spiffe/x509_svid_source.cc
  "X.509-SVID source: other bundles*"
  REPLACE "identity_->chain_der != (*read)->chain_der" "true")
baokms_mutant(sends_no_security_header spiffe adapters/spiffe/agent_connection.cc
  "X.509-SVID source: Acquire*"
  REPLACE "context.AddMetadata(\"workload.spiffe.io\", \"true\")" "(void)context")
