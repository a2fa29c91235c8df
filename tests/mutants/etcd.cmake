# The census of etcd.
baokms_mutant_suite(etcd TEST "etcd_tests: mutant @NAME@ is caught"
  LIBS etcd_test_objects)

baokms_mutant(census_without_a_revision etcd adapters/etcd/snapshot_reader.cc
  "Snapshot: another endpoint*"
  REPLACE "if (request.revision() == 0) request.set_revision(page->header().revision())" "")
baokms_mutant(census_of_two_clusters etcd adapters/etcd/snapshot_reader.cc
  "Hostile etcd:*"
  REPLACE "*cluster_ != page.header().cluster_id()" "false")
baokms_mutant(census_of_any_page etcd adapters/etcd/snapshot_reader.cc
  "Hostile etcd: a page of other keys*"
  REPLACE "!IsPageOf(request, page) ||" "")
baokms_mutant(census_without_a_quota etcd adapters/etcd/snapshot_reader.cc
  "Snapshot memory:*"
  REPLACE "arguments.SetResourceQuota(quota)" "")
