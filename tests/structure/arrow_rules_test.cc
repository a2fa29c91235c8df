// The checker on planted files: it is trusted because each rule is seen to object here.
#include "tests/structure/arrow_rules.h"

#include <doctest/doctest.h>

#include <string>

namespace baokms::structure {
namespace {

struct PlantedSource {
  const char* path;
  const char* text;
};

TEST_CASE("Arrows: a forbidden include is an objection") {
  for (const PlantedSource& bad : {
           PlantedSource{"core/model/key_id.h", "#include \"core/wire/key_id.h\"\n"},
           PlantedSource{"core/model/key_id.h", "#include \"ports/clock.h\"\n"},
           PlantedSource{"core/model/key_id.cc", "#include <openssl/crypto.h>\n"},
           PlantedSource{"core/model/secret.h", "#include <openssl/crypto.h>\n"},
           PlantedSource{"core/model/secret.cc", "#include <openssl/evp.h>\n"},
           PlantedSource{"core/model/secret.cc", "#include <openssl/sha.h>\n"},
           PlantedSource{"core/text/utf8.h", "#include \"core/model/error.h\"\n"},
           PlantedSource{"core/text/utf8.cc", "#include <mutex>\n"},
           PlantedSource{"adapters/posix/descriptor.h", "#include \"adapters/jwt/a.h\"\n"},
           PlantedSource{"adapters/transit_http/transport/a.cc",
                         "#include \"adapters/transit_http/openbao/b.h\"\n"},
           PlantedSource{"adapters/transit_http/sending/a.cc", "#include <curl/curl.h>\n"},
           PlantedSource{"adapters/transit_http/sending/a.cc", "std::mutex m;\n"},
           PlantedSource{"ports/clock.h", "#include \"core/rotation/status.h\"\n"},
           PlantedSource{"ports/clock.h", "#include <unistd.h>\n"},
           PlantedSource{"core/rotation/status.cc", "#include \"adapters/jwt/compact_jwt.h\"\n"},
           PlantedSource{"core/rotation/status.cc", "#include \"app/serve/serve.h\"\n"},
           PlantedSource{"core/rotation/status.cc", "#include <simdjson.h>\n"},
           PlantedSource{"core/rotation/status.cc", "#include <spdlog/spdlog.h>\n"},
           PlantedSource{"core/rotation/status.cc", "#include <openssl/sha.h>\n"},
           PlantedSource{"core/rotation/status.cc", "#include <mutex>\n"},
           PlantedSource{"core/rotation/status.cc", "#include <iostream>\n"},
           PlantedSource{"core/wire/sha256.cc", "#include <openssl/evp.h>\n"},
           PlantedSource{"core/wire/sha256.h", "#include <openssl/sha.h>\n"},
           PlantedSource{"adapters/jwt/a.cc", "#include \"core/wire/key_id.h\"\n"},
           PlantedSource{"adapters/jwt/a.cc",
                         "#include \"adapters/checked_file/posix_file_reader.h\"\n"},
           PlantedSource{"adapters/jwt/a.cc", "#include \"adapters/jwt_other/b.h\"\n"},
           PlantedSource{"adapters/jwt/a.cc", "#include \"app/serve/serve.h\"\n"},
           PlantedSource{"adapters/jwt/a.cc", "#include \"tests/support/emulator/emulator.h\"\n"},
           PlantedSource{"adapters/jwt/a.cc", "#include \"compact_jwt.h\"\n"},
           PlantedSource{"adapters/a.cc", "#include \"adapters/jwt/compact_jwt.h\"\n"},
           PlantedSource{"app/main.cc", "#include \"tests/support/emulator/emulator.h\"\n"},
           PlantedSource{"app/main.cc", "#include \"serve.h\"\n"},
       }) {
    CAPTURE(bad.path);
    CAPTURE(bad.text);
    CHECK(SourceViolations(bad.path, bad.text).size() == 1);
  }
}

TEST_CASE("Arrows: an allowed include is none") {
  for (const PlantedSource& good : {
           PlantedSource{"core/model/key_id.h",
                         "#include <string>\n#include \"core/model/error.h\"\n"},
           PlantedSource{"core/model/key_id.cc", "#include \"core/text/base64.h\"\n"},
           PlantedSource{
               "adapters/jwt/b.cc",
               "#include \"adapters/posix/descriptor.h\"\n#include \"core/text/utf8.h\"\n"},
           PlantedSource{"adapters/transit_http/openbao/a.cc",
                         "#include \"adapters/transit_http/transport/b.h\"\n"},
           PlantedSource{"core/model/secret.cc", "#include <openssl/crypto.h>\n"},
           PlantedSource{"core/wire/sha256.cc", "#include <openssl/sha.h>\n"},
           PlantedSource{"core/rotation/status.cc",
                         "#include \"core/wire/key_id.h\"\n#include \"ports/clock.h\"\n"},
           PlantedSource{"ports/clock.h", "#include <cstdint>\n#include \"core/model/time.h\"\n"},
           PlantedSource{"adapters/jwt/a.cc",
                         "#include <curl/curl.h>\n#include <mutex>\n#include \"adapters/jwt/a.h\"\n"
                         "#include \"core/model/error.h\"\n#include \"ports/clock.h\"\n"},
           PlantedSource{"app/main.cc",
                         "#include \"core/wire/key_id.h\"\n#include \"adapters/jwt/a.h\"\n"},
           PlantedSource{"tests/unit/a.cc", "#include \"core/wire/key_id.h\"\n#include <thread>\n"},
       }) {
    CAPTURE(good.path);
    CAPTURE(good.text);
    CHECK(SourceViolations(good.path, good.text).empty());
  }
}

TEST_CASE("Arrows: no spelling of an include slips through") {
  for (const char* text : {
           "#include <core/wire/key_id.h>\n",
           "  #  include \"core/wire/key_id.h\"\n",
           "#/**/include \"core/wire/key_id.h\"\n",
           "#include/**/\"core/wire/key_id.h\"\n",
           "#include \"core/wire/key_id.h\" // why\n",
           "#inc\\\nlude \"core/wire/key_id.h\"\n",
           "#include \\\n\"core/wire/key_id.h\"\n",
           "#include \"core/model/../key_id.h\"\n",
           "#include \"core/model//../key_id.h\"\n",
           "#include \"./compact_jwt.h\"\n",
           "#include \"/etc/a.h\"\n",
           "#include_next \"core/wire/key_id.h\"\n",
           "#import \"core/wire/key_id.h\"\n",
           "#include HEADER\n",
           "#include <core/wire/key_id.h\n",
           "char c = '\"';\n#include \"core/wire/key_id.h\"\n",
           "int n = 1'000;\n#include \"core/wire/key_id.h\"\n",
           "auto s = R\"(\")\";\n#include \"core/wire/key_id.h\"",
       }) {
    CAPTURE(text);
    CHECK(SourceViolations("adapters/jwt/a.cc", text).size() == 1);
  }
}

TEST_CASE("Arrows: comments and literals are not code") {
  for (const char* text : {
           "// #include \"core/wire/key_id.h\"\n",
           "/*\n#include \"core/wire/key_id.h\"\n*/\n",
           "const char* s = R\"(\n#include \"core/wire/key_id.h\"\n)\";\n",
           "const char* s = R\"x(\n)\"\n#include <thread>\n)x\";\n",
           "// std::mutex\nconst char* s = \"getenv // \\\" std::thread\";\n",
           "// continued \\\nstd::mutex m;\n",
           "int threads = 0; int mutex_count = 0; int json = 1;\n",
       }) {
    CAPTURE(text);
    CHECK(SourceViolations("core/rotation/status.cc", text).empty());
  }
}

TEST_CASE("Purity: a forbidden word in core or ports is an objection with its line") {
  for (const char* line : {
           "std::thread t;",
           "std::mutex m;",
           "std::lock_guard lock(m);",
           "getenv(name);",
           "std::chrono::system_clock::now();",
           "std::chrono::steady_clock::now();",
           "using Clock = std::chrono::steady_clock;",
           "std::cout << 1;",
           "printf(text);",
           "spdlog::info(text);",
           "nlohmann::json j;",
           "simdjson::dom::parser p;",
           "std::random_device d;",
           "thread_local int n;",
           "std::this_thread::sleep_for(d);",
       }) {
    const std::string text = "\n" + std::string(line) + "\n";
    for (const char* path : {"core/model/a.h", "core/a.cc", "ports/a.h"}) {
      CAPTURE(path);
      CAPTURE(line);
      const auto violations = SourceViolations(path, text);
      REQUIRE(violations.size() == 1);
      CHECK(violations.front().starts_with(std::string(path) + ":2: must not use "));
    }
    CHECK(SourceViolations("adapters/jwt/a.cc", text).empty());
    CHECK(SourceViolations("app/a.cc", text).empty());
  }
}

TEST_CASE("Links: an adapter links values, ports and libraries alone") {
  constexpr const char* kPath = "adapters/jwt/CMakeLists.txt";
  CHECK(LinkViolations(kPath,
                       "add_library(baokms_jwt STATIC a.cc)\n"
                       "add_library(baokms_jwt_messages STATIC b.cc)\n"
                       "target_link_libraries(baokms_jwt\n  PUBLIC baokms_options baokms_model "
                       "baokms_ports\n  PRIVATE baokms_jwt_messages simdjson::simdjson)\n")
            .empty());
  CHECK(LinkViolations(kPath, "target_link_libraries(x PRIVATE baokms_core)\n").size() == 1);
  CHECK(LinkViolations(kPath, "target_link_libraries(x PRIVATE\n baokms_checked_file)\n").size() ==
        1);
  CHECK(LinkViolations("adapters/jwt/parts/CMakeLists.txt",
                       "add_library(baokms_parts STATIC a.cc)\n"
                       "target_link_libraries(baokms_parts PRIVATE baokms_jwt)\n")
            .empty());
  CHECK(LinkViolations("app/CMakeLists.txt", "target_link_libraries(x baokms_core)\n").empty());
}

}  // namespace
}  // namespace baokms::structure
