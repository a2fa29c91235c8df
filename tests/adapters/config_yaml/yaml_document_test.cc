#include "adapters/config_yaml/yaml_document.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace {

using namespace baokms::adapters::config_yaml;

struct Refusal {
  std::string text;
  int line;
  std::string message;  // a piece of it
};

TEST_CASE("ParseYaml: each of YAML's tricks is refused with its line") {
  for (const Refusal& refusal : std::vector<Refusal>{
           {"a: 1\nb: &x 2\n", 2, "anchors"},
           {"a: &x\n  b: 1\n", 1, "anchors"},
           {"a: &x [1]\n", 1, "anchors"},
           {"&x a: 1\n", 1, "anchors"},
           {"a: 1\n\nb: *x\n", 3, "not valid YAML"},
           {"a: 1\nb: !!str 2\n", 2, "tags"},
           {"a: ! 2\n", 1, "tags"},
           {"a: !\n", 1, "tags"},
           {"a: ! \"x\"\n", 1, "tags"},
           {"a: !!map {b: c}\n", 1, "tags"},
           {"a: !t [b]\n", 1, "tags"},
           {"!!str a: b\n", 1, "tags"},
           {"a: {b: 1}\nc:\n  <<: {d: 1}\n", 3, "merge keys"},
           {"a: 1\n---\nb: 2\n", 2, "second document"},
           {"---\na: 1\n---\n", 3, "second document"},
           {"a: 1\n...\n---\n", 3, "second document"},
           // yaml-cpp would find empty documents in this one without end.
           {",a: 1\n", 1, "second document"},
           {"a: 1\nb: 2\na: 3\n", 3, "duplicate key, first on line 1"},
           {"a:\n  b: 1\n  'b': 2\n", 3, "duplicate key, first on line 2"},
           {"{a: 1, a: 2}\n", 1, "duplicate key"},
           {"? [a]\n: b\n", 1, "a key must be plain text"},
           {"? a\n: b\n", 1, "colon"},
           {"a: b\nfoo", 2, "colon"},
           {"a: {b, c: d}\n", 1, "colon"},
           {"a: b: c\n", 1, "not valid YAML"},
           {"a: b\n- c\n", 2, "not valid YAML"},
           {"a: [b\n", 1, ""},
           {"a: 'b\n", 1, "closing quote"},
           {"a: 'b''\n", 1, "closing quote"},
           {"a: \"b\\\"\n", 1, "closing quote"},
           {"a: b\n'c: d\n", 2, ""},
           {"a: b\x01\n", 1, "control"},
           {std::string("a: b\nc: \0d\n", 11), 2, "control"},
           {"a: b\n\xC2\x85", 2, "control"},
           {"a: b\nc: \xFF\n", 2, "UTF-8"},
           {"a: \xC0\xAF\n", 1, "UTF-8"},
           {"a: \xED\xA0\x80\n", 1, "UTF-8"},
           {"a: \xE2\x82", 1, "UTF-8"},
           {"", 0, "empty"},
           {"# only a comment\n", 0, "empty"},
           {"just text\n", 1, "mapping"},
           {"a:b\n", 1, "mapping"},
           {"- a\n", 1, "mapping"},
           {std::string(kMaxDocumentBytes + 1, '#'), 0, "larger"},
       }) {
    CAPTURE(refusal.text.substr(0, 80));
    const YamlDocument document = ParseYaml(refusal.text);
    REQUIRE_FALSE(document.problems.empty());
    CHECK(document.problems[0].line == refusal.line);
    CHECK_MESSAGE(document.problems[0].message.find(refusal.message) != std::string::npos,
                  document.problems[0].message);
  }
}

TEST_CASE("ParseYaml: an alias of a defined anchor is refused on its own line too") {
  const YamlDocument document = ParseYaml("a: &x 1\nb:\n  c: *x\n");
  REQUIRE(document.problems.size() == 2);
  CHECK(document.problems[0] == ConfigProblem{"a", 1, "anchors are not allowed"});
  CHECK(document.problems[1] == ConfigProblem{"b.c", 3, "aliases are not allowed"});
}

TEST_CASE("ParseYaml: ordinary YAML passes, with lines") {
  const YamlDocument document = ParseYaml(
      "\xEF\xBB\xBF%YAML 1.2\n---\r\na: x # c\r\n\"b\" : 'it''s'\nc: [1, \"2\"]\nd: |\n  "
      "e\nf:\n...\n");
  CHECK(document.problems.empty());
  REQUIRE(document.root.has_value());
  const auto& entries = document.root->entries;
  REQUIRE(entries.size() == 5);
  CHECK(entries[0].key == "a");
  CHECK(entries[0].line == 3);
  CHECK(entries[0].value.plain);
  CHECK(entries[1].key == "b");
  CHECK(entries[1].value.text == "it's");
  CHECK_FALSE(entries[1].value.plain);
  CHECK(entries[2].value.items.size() == 2);
  CHECK_FALSE(entries[2].value.items[1].plain);
  CHECK(entries[3].value.text == "e\n");
  CHECK(entries[4].value.kind == YamlNode::Kind::kNull);
  CHECK(entries[4].line == 8);
}

TEST_CASE("ParseYaml: depth is bounded") {
  CHECK_FALSE(ParseYaml("a: " + std::string(100'000, '[')).problems.empty());
  CHECK_FALSE(ParseYaml("a: " + std::string(100'000, '{')).problems.empty());
}

TEST_CASE("ParseYaml: a message never shows the file's content") {
  for (const char* text :
       {"a: *canary\n", "a: !<canary> b: c\n", "%CANARY canary\n---\na: @canary\n",
        "a: \"\\qcanary\"\n", "a: canary: canary\n"}) {
    for (const ConfigProblem& problem : ParseYaml(text).problems) {
      CHECK_MESSAGE(problem.message.find("canary") == std::string::npos, problem.message);
    }
  }
}

}  // namespace
