#include "tests/monitoring/metric_words.h"

#include <doctest/doctest.h>

namespace baokms::monitoring {
namespace {

using Words = std::vector<std::string>;

TEST_CASE("Metric words: a name or a label that the code does not have is found") {
  CHECK(UnknownWords("openbao_kms_key_version", {}) == Words{});
  CHECK(UnknownWords("openbao_kms_key_versions > 1", {}) == Words{"openbao_kms_key_versions"});
  CHECK(UnknownWords("rate(openbao_kms_key_version_bucket[5m])", {}) ==
        Words{"openbao_kms_key_version_bucket"});
  CHECK(UnknownWords("openbao_kms_grpc_duration_seconds_bucket{le=\"1\"}", {}) == Words{});
  CHECK(UnknownWords("openbao_kms_key_version{cluster=~\"$cluster\", method=\"encrypt\"}", {}) ==
        Words{"openbao_kms_key_version{method}"});
  CHECK(UnknownWords("sum by (instance, code) (openbao_kms_grpc_in_flight)", {}) ==
        Words{"(code)"});
  CHECK(UnknownWords("openbao_kms:grpc:rate5m > 1", {}) == Words{"openbao_kms:grpc:rate5m"});
  CHECK(UnknownWords("openbao_kms:grpc:rate5m > 1", {"openbao_kms:grpc:rate5m"}) == Words{});
  CHECK(UnknownWords("process_threads", {}) == Words{"process_threads"});
}

TEST_CASE("Metric words: the parts of a histogram are one metric") {
  CHECK(MetricsIn("openbao_kms_grpc_duration_seconds_sum / "
                  "openbao_kms_grpc_duration_seconds_count and up == 1") ==
        std::set<std::string>{"openbao_kms_grpc_duration_seconds", "up"});
}

}  // namespace
}  // namespace baokms::monitoring
