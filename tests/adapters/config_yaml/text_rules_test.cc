#include "adapters/config_yaml/text_rules.h"

#include <doctest/doctest.h>

#include "adapters/config_yaml/url.h"

namespace {

using namespace baokms::adapters::config_yaml;

TEST_CASE("SplitHostPort: takes names, addresses and nothing ambiguous") {
  CHECK(SplitHostPort("127.0.0.1:80")->host == "127.0.0.1");
  CHECK(SplitHostPort("[::1]:0")->host == "::1");
  CHECK(SplitHostPort("[fe80::1%eth0]:1")->port == 1);
  CHECK(SplitHostPort(":65535")->host.empty());
  CHECK(SplitHostPort("node-1.example:80").has_value());
  for (const char* text :
       {"",       ":",          "a",       "a:",       "a:b",          "a:-1",
        "a:+1",   "a:65536",    "::1:80",  "[::1:80",  "[a]:80",       "[]:80",
        "a b:80", "-a:80",      "a..b:80", "1.2.3:80", "1.2.3.4.5:80", "300.1.1.1:80",
        "a:80 ",  "http://a:80"}) {
    CHECK_MESSAGE(!SplitHostPort(text).has_value(), text);
  }
}

TEST_CASE("CheckHttpsAddress: hosts, ports and IPv6 literals are checked") {
  for (const char* text : {"https://a", "https://a/", "https://a:443", "https://[::1]",
                           "https://a/base", "https://10.0.0.1:8200"}) {
    CHECK_MESSAGE(!CheckHttpsAddress(text), text);
  }
  for (const char* text :
       {"https:/a", "https:a", "https://", "https:///a", "https://[::1", "https://[::1]8",
        "https://a:", "https://a:99999", "https://a b", "https://a\\b", "https://a?", "https://a#",
        "https://@a", "https://a%2fb", "https://\xC3\xA4", "httpss://a", "//a",
        "https://[fe80::1%25eth0]"}) {
    CHECK_MESSAGE(CheckHttpsAddress(text).has_value(), text);
  }
}

TEST_CASE("CheckResourceUri: absolute URIs of any scheme") {
  for (const char* text : {"urn:a:b", "https://a/b?c=d", "api://kms", "x:y"}) {
    CHECK_MESSAGE(!CheckResourceUri(text), text);
  }
  for (const char* text :
       {"a", "/a", ":a", "1x:y", "x:", "x://", "https://u@h", "urn:a#b", "urn:a b"}) {
    CHECK_MESSAGE(CheckResourceUri(text).has_value(), text);
  }
}

TEST_CASE("CheckIdentifier: blanks around and control characters anywhere are refused") {
  for (const char* text : {"a", "a b", "\xC3\xA4", "a\xE2\x80\x83z"}) {
    CHECK_MESSAGE(!CheckIdentifier(text), text);
  }
  for (const char* text : {" a", "a ", "a\xE2\x80\x83", "\xE3\x80\x80z", "a\tb", "a\x7F",
                           "a\xC2\x9F", "a\xFF", "\xF5\x80\x80\x80"}) {
    CHECK_MESSAGE(CheckIdentifier(text).has_value(), text);
  }
}

TEST_CASE("CheckKeyName: only what OpenBao takes as one path segment") {
  for (const char* text : {"k", "_", "a.b-c_d", "0", "_-_"})
    CHECK_MESSAGE(!CheckKeyName(text), text);
  for (const char* text : {"", "-", ".", "a-", "-a", "a.", ".a", "a/b", "a b", "a%", "\xC3\xA4"}) {
    CHECK_MESSAGE(CheckKeyName(text).has_value(), text);
  }
}

}  // namespace
