// A build without a login option has nothing of it: the program's needed libraries and symbols, as
// readelf shows them.
#include <doctest/doctest.h>

#include <array>
#include <cstdio>
#include <iostream>
#include <memory>
#include <set>
#include <sstream>
#include <string>

namespace baokms::structure {
namespace {

std::string ReadElf(const std::string& what) {
  const std::string command = "readelf " + what + " '" BAOKMS_PROVIDER_PATH "'";
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  REQUIRE(pipe);
  std::string output;
  std::array<char, 65536> block{};
  while (const std::size_t size = fread(block.data(), 1, block.size(), pipe.get())) {
    output.append(block.data(), size);
  }
  REQUIRE(!output.empty());
  return output;
}

std::set<std::string> NeededLibraries() {
  std::istringstream dynamic(ReadElf("--dynamic --wide"));
  std::set<std::string> libraries;
  for (std::string line; std::getline(dynamic, line);) {
    const std::size_t open = line.find('[');
    if (line.find("(NEEDED)") == std::string::npos || open == std::string::npos) continue;
    libraries.insert(line.substr(open + 1, line.find(']') - open - 1));
  }
  return libraries;
}

bool Has(const std::string& symbols, const std::string& word) {
  return symbols.find(word) != std::string::npos;
}

TEST_CASE("Linkage: the program needs libp11 only where the option asks for it") {
  const std::set<std::string> libraries = NeededLibraries();
  std::cout << "needed:";
  for (const std::string& library : libraries) std::cout << ' ' << library;
  std::cout << '\n';
  CHECK(libraries.contains("libcurl.so.4"));  // the list was read
  CHECK(libraries.contains("libp11.so.3") == BAOKMS_WITH_PKCS11);
  for (const char* never : {"libp11-kit.so.0", "libsofthsm2.so", "libengine-pkcs11.so"}) {
    CHECK(!libraries.contains(never));
  }
}

TEST_CASE("Linkage: the program has the code of a login only where the option asks for it") {
  const std::string symbols = ReadElf("--symbols --wide");
  CHECK(Has(symbols, "JwtLoginSource"));  // the table was read
  // Mangled: namespace adapters::certauth_pkcs11, adapters::spiffe.
  CHECK(Has(symbols, "8adapters15certauth_pkcs11") == BAOKMS_WITH_PKCS11);
  CHECK(Has(symbols, "PKCS11_CTX_load") == BAOKMS_WITH_PKCS11);
  CHECK(Has(symbols, "8adapters6spiffe") == BAOKMS_WITH_SPIFFE);
  CHECK(Has(symbols, "X509SVIDResponse") == BAOKMS_WITH_SPIFFE);  // of the Workload API
}

}  // namespace
}  // namespace baokms::structure
